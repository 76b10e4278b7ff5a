import Ccurl
import Time
import Web

/// One request in flight: the target of libcurl's callbacks, and the result.
final class Transfer {
    /// Compressed log files arrive in pieces of this size; more is left in the socket until the sink has taken them.
    private static let bufferSize = 256 << 10
    /// A streamed body without a byte for this long is given up.
    private static let longestSilenceInSeconds = 15

    private let easy = EasyHandle()
    private var headerLines = HeaderLines()
    private var response = HTTPResponse(status: 0)
    private var sink: (any ResponseSink)?
    private var bodyLimit = 0
    private var isPaused = false
    private var result: Result<Void, HTTPError>?

    var handle: UnsafeMutableRawPointer? { easy.pointer }

    /// Whether the outcome is known and the sink has had all it gets.
    var isFinished: Bool {
        guard let result else { return false }
        if case .success = result, sink != nil, response.isSuccess { return response.body.isEmpty }
        return true
    }

    /// Sets the handle up for a request.
    func prepare(
        _ request: HTTPRequest,
        configuration: HTTPClient.Configuration,
        before deadline: Deadline?,
        sink: (any ResponseSink)?
    ) throws(HTTPError) {
        response = HTTPResponse(status: 0)
        self.sink = sink
        bodyLimit = configuration.bodyLimit
        isPaused = false
        result = nil
        easy.reset()
        try easy.allowOnlyHTTP()
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_PATH_AS_IS, 1)
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try easy.set(CURLOPT_BUFFERSIZE, Self.bufferSize)
        try setTrust(configuration.trust)
        if !request.usesProxy { try easy.set(CURLOPT_PROXY, "") }
        if !request.isRepeatable { try easy.set(CURLOPT_FRESH_CONNECT, 1) }
        try setTimes(of: request, configuration: configuration, before: deadline, isStreamed: sink != nil)
        try setMessage(request)
        try setCallbacks()
        sink?.begin()
    }

    /// Sets one place and clears the other, for which libcurl may have a default.
    private func setTrust(_ trust: HTTPClient.Trust) throws(HTTPError) {
        switch trust {
        case .system: break
        case .file(let path):
            try easy.set(CURLOPT_CAINFO, path)
            try easy.setPointer(CURLOPT_CAPATH, nil)
        case .directory(let path):
            try easy.setPointer(CURLOPT_CAINFO, nil)
            try easy.set(CURLOPT_CAPATH, path)
        }
    }

    private func setTimes(
        of request: HTTPRequest,
        configuration: HTTPClient.Configuration,
        before deadline: Deadline?,
        isStreamed: Bool
    ) throws(HTTPError) {
        let remaining = deadline?.remaining
        if let remaining, remaining < .milliseconds(1) { throw .timedOut("the deadline has passed") }
        let total = [remaining, request.timeout].compactMap(\.self).min()
        let connect = min(configuration.connectTimeout, total ?? configuration.connectTimeout)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, connect.wholeMilliseconds)
        if let total { try easy.set(CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
        if isStreamed {
            try easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try easy.set(CURLOPT_LOW_SPEED_TIME, Self.longestSilenceInSeconds)
        }
    }

    private func setMessage(_ request: HTTPRequest) throws(HTTPError) {
        let url = request.url.description
        let texts = [url] + request.headers.flatMap { [$0.name, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 } }) else {
            throw .invalidRequest("a line break in its URL or a header field")
        }
        try easy.set(CURLOPT_URL, url)
        switch request.method {
        case "GET": try easy.set(CURLOPT_HTTPGET, 1)
        case "HEAD": try easy.set(CURLOPT_NOBODY, 1)
        default:
            try easy.setBody(request.body)
            try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        headerLines = HeaderLines()
        // libcurl adds these two by itself: one waits for a go-ahead that AWS need not give, the other is a guess.
        try headerLines.append("Expect:")
        if request.headers["Content-Type"] == nil { try headerLines.append("Content-Type:") }
        for field in request.headers {
            try headerLines.append(
                field.value.allSatisfy(\.isWhitespace) ? "\(field.name);" : "\(field.name): \(field.value)"
            )
        }
        try easy.setPointer(CURLOPT_HTTPHEADER, headerLines.list)
    }

    private func setCallbacks() throws(HTTPError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try easy.setPointer(CURLOPT_PRIVATE, context)
        try easy.setPointer(CURLOPT_WRITEDATA, context)
        try easy.setPointer(CURLOPT_HEADERDATA, context)
        try easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveBody(piece)
        }
        try easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveHeader(line)
        }
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        if line.starts(with: "HTTP/".utf8) {
            // An interim answer (1xx) came before this one.
            response.headers = [:]
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            response.headers.append(name, String(decoding: line[(colon + 1)...].trimmed, as: UTF8.self))
        }
        return line.count
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        response.status = easy.status
        if sink != nil, response.isSuccess {
            // libcurl keeps a refused piece and offers it again after the pause.
            guard response.body.count + bytes.count <= 2 * Self.bufferSize else {
                isPaused = true
                return Ccurl_write_pause()
            }
        } else if response.body.count + bytes.count > bodyLimit {
            result = .failure(.tooLarge(limit: bodyLimit))
            return 0
        }
        response.body.append(contentsOf: bytes)
        return bytes.count
    }

    /// Hands the sink what has arrived.
    ///
    /// - Returns: whether there was anything.
    func deliver() -> Bool {
        guard let sink, response.isSuccess, !response.body.isEmpty else { return false }
        // Taken out first: a sink that makes requests of its own lets this transfer receive meanwhile.
        var piece: [UInt8] = []
        swap(&piece, &response.body)
        guard piece.withUnsafeBytes({ sink.receive($0) }) else {
            response.body = []
            result = .failure(.refusedBySink)
            return true
        }
        if isPaused {
            isPaused = false
            curl_easy_pause(easy.pointer, Int32(CURLPAUSE_CONT))
        }
        return true
    }

    /// Notes how libcurl says that the transfer ended.
    func complete(_ code: CURLcode) {
        response.status = easy.status
        if result == nil { result = code == CURLE_OK ? .success(()) : .failure(error(code)) }
    }

    /// Notes that the transfer cannot begin or go on.
    func fail(_ error: HTTPError) {
        result = .failure(error)
    }

    /// The outcome; the transfer is ready for another request after this.
    func takeResult() -> Result<HTTPResponse, HTTPError> {
        defer {
            sink = nil
            response = HTTPResponse(status: 0)
        }
        return (result ?? .failure(.connectionLost("ended early"))).map { response }
    }

    private func error(_ code: CURLcode) -> HTTPError {
        let reason = easy.describe(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR:
            return .unreachable(reason)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return .untrusted(reason)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
            return .invalidRequest(reason)
        case CURLE_OPERATION_TIMEDOUT:
            return easy.hasSentRequest ? .timedOut(reason) : .unreachable(reason)
        default:
            return .connectionLost(reason)
        }
    }
}

extension Duration {
    /// This duration in milliseconds, at least one: libcurl takes zero for "no limit".
    fileprivate var wholeMilliseconds: Int {
        max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000))
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Without the white space around it, the end of the line included.
    fileprivate var trimmed: Self {
        let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }
}
