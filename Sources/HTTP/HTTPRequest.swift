/// One HTTP request, whole in memory.
package struct HTTPRequest: Sendable, Equatable {
    /// The method, in capitals.
    package var method: String
    /// The absolute `http` or `https` URL, already percent-encoded.
    package var url: String
    /// The header fields to send, in order; `Host` and `Content-Length` are added when absent.
    package var headers: HTTPHeaders
    /// The body; empty for none.
    package var body: [UInt8]
    /// How long the whole exchange may take, or nil for as long as the deadline allows.
    package var timeout: Duration?
    /// Whether proxies named in the environment apply.
    package var usesProxy: Bool
    /// Whether it does no harm to arrive twice. If it does, it gets a connection of its own: what is lost on one that
    /// was used before, libcurl sends again by itself.
    package var isRepeatable: Bool

    /// Creates a request.
    package init(
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
package struct HTTPResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The header fields, in order of arrival.
    package var headers: HTTPHeaders
    /// The body; empty when it was streamed to a sink.
    package var body: [UInt8]

    /// Creates a response.
    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the status is one of the 2xx.
    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [Field] = []

    /// One header field.
    package struct Field: Sendable, Equatable {
        /// The field's name as written.
        package let name: String
        /// The field's value without surrounding white space.
        package let value: String
    }

    /// Creates header fields from names and values.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }

    /// Adds a field after those already there, even when one has the same name.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field with this name; setting replaces all of them, nil removes them.
    package subscript(name: String) -> String? {
        get {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { append(name, newValue) }
        }
    }

    /// Goes through the fields in order.
    package func makeIterator() -> some IteratorProtocol<Field> { fields.makeIterator() }
}

/// Takes the body of a successful answer as it arrives.
package protocol ResponseSink: AnyObject {
    /// An answer begins: whatever an earlier, broken attempt delivered is void.
    func begin()

    /// Takes the next bytes, which are valid only during the call. May itself make requests.
    ///
    /// - Returns: whether to go on; false ends the transfer with ``HTTPError/refusedBySink``.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}
