import Ccurl

/// libcurl's own set-up, done once a process however many clients there are.
private let globalInitialization: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

/// Owns a libcurl multi handle: the connections that stay open, and the transfers in flight on them.
struct MultiHandle: ~Copyable {
    /// The number of connections that stay open. By default libcurl keeps four for each transfer in flight, so that the end of many
    /// at once would close nearly all.
    private static let connectionLimit = 64

    private let handle: UnsafeMutableRawPointer?

    init() {
        handle = globalInitialization == CURLE_OK ? curl_multi_init() : nil
        Ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Self.connectionLimit)
    }

    deinit {
        if let handle { curl_multi_cleanup(handle) }
    }

    /// Puts a prepared transfer in flight.
    func add(_ transfer: Transfer) throws(HTTPError) {
        guard let handle, curl_multi_add_handle(handle, transfer.handle) == CURLM_OK else {
            throw .invalidRequest("libcurl did not take the transfer")
        }
    }

    /// Takes a transfer out, finished or not; one that is not in flight is ignored.
    func remove(_ transfer: Transfer) {
        if let handle, let easy = transfer.handle { curl_multi_remove_handle(handle, easy) }
    }

    /// Does all that is possible without waiting, and passes each ended transfer its result.
    ///
    /// - Returns: whether libcurl can go on at all.
    func perform() -> Bool {
        var stillRunning: Int32 = 0
        let code = curl_multi_perform(handle, &stillRunning)
        var messagesLeft: Int32 = 0
        while let message = curl_multi_info_read(handle, &messagesLeft)?.pointee {
            guard message.msg == CURLMSG_DONE, let context = Ccurl_get_private(message.easy_handle) else { continue }
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().complete(message.data.result)
        }
        return code == CURLM_OK
    }

    /// Waits until something can be done, a second at most.
    func wait() {
        curl_multi_poll(handle, nil, 0, 1000, nil)
    }
}

/// Owns a libcurl easy handle with the buffer for its error texts.
struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init() {
        pointer = globalInitialization == CURLE_OK ? curl_easy_init() : nil
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        if let pointer { curl_easy_cleanup(pointer) }
        errorText.deallocate()
    }

    /// Forgets all options; connections and name look-ups stay.
    func reset() {
        curl_easy_reset(pointer)
        errorText.pointee = 0
        Ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try check(Ccurl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
        try check(Ccurl_set_string(pointer, option, value))
    }

    func setPointer(_ option: CURLoption, _ value: UnsafeRawPointer?) throws(HTTPError) {
        try check(Ccurl_set_pointer(pointer, option, value))
    }

    func set(_ option: CURLoption, _ callback: @escaping curl_write_callback) throws(HTTPError) {
        try check(Ccurl_set_callback(pointer, option, callback))
    }

    func setBody(_ body: [UInt8]) throws(HTTPError) {
        try check(Ccurl_set_body(pointer, body, body.count))
    }

    func allowOnlyHTTP() throws(HTTPError) {
        try check(Ccurl_allow_only_http(pointer))
    }

    var status: Int { Ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE) }

    /// Whether any byte of the request left, on any connection.
    var hasSentRequest: Bool { Ccurl_get_long(pointer, CURLINFO_REQUEST_SIZE) > 0 }

    /// libcurl's words for an error: the particular ones when it left some, else the general ones.
    func describe(_ code: CURLcode) -> String {
        errorText.pointee != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(code))
    }

    private func check(_ code: CURLcode) throws(HTTPError) {
        guard code == CURLE_OK else { throw .invalidRequest(String(cString: curl_easy_strerror(code))) }
    }
}

/// Owns a list of header lines.
struct HeaderLines: ~Copyable {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    deinit { curl_slist_free_all(list) }

    mutating func append(_ line: String) throws(HTTPError) {
        guard let longer = curl_slist_append(list, line) else { throw .invalidRequest("out of memory") }
        list = longer
    }
}
