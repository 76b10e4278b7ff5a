/// One HTTP request, whole in memory.
public struct HTTPRequest: Sendable, Equatable {
    /// The method, in capitals.
    public var method: String
    /// The absolute `http` or `https` URL, already percent-encoded.
    public var url: String
    /// The header fields to send, in order; `Host` and `Content-Length` are added when absent.
    public var headers: HTTPHeaders
    /// The body; empty for none.
    public var body: [UInt8]
    /// How long the whole exchange may take, or nil for as long as the deadline allows.
    public var timeout: Duration?
    /// Whether proxies named in the environment apply.
    public var usesProxy: Bool
    /// Whether it does no harm to arrive twice. If it does, it gets a connection of its own: what is lost on one that
    /// was used before, libcurl sends again by itself.
    public var isRepeatable: Bool

    /// Creates a request.
    public init(
        method: String = "GET",
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        timeout: Duration? = .seconds(10),
        usesProxy: Bool = true,
        isRepeatable: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.usesProxy = usesProxy
        self.isRepeatable = isRepeatable
    }
}

/// The head of an answer, and its body unless that went to a sink.
public struct HTTPResponse: Sendable, Equatable {
    /// The status code.
    public var status: Int
    /// The header fields, in order of arrival.
    public var headers: HTTPHeaders
    /// The body; empty when it was streamed to a sink.
    public var body: [UInt8]

    /// Creates a response.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the status is one of the 2xx.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [Field] = []

    /// One header field.
    public struct Field: Sendable, Equatable {
        /// The field's name as written.
        public let name: String
        /// The field's value without surrounding white space.
        public let value: String
    }

    /// Creates header fields from names and values.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }

    /// Adds a field after those already there, even when one has the same name.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field with this name; setting replaces all of them, nil removes them.
    public subscript(name: String) -> String? {
        get {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { append(name, newValue) }
        }
    }

    /// Goes through the fields in order.
    public func makeIterator() -> some IteratorProtocol<Field> { fields.makeIterator() }
}

/// Takes the body of a successful answer as it arrives.
public protocol ResponseSink: AnyObject {
    /// An answer begins: whatever an earlier, broken attempt delivered is void.
    func begin()

    /// Takes the next bytes, which are valid only during the call. May itself make requests.
    ///
    /// - Returns: whether to go on; false ends the transfer with ``HTTPError/refusedBySink``.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}
