package import Web

/// One HTTP request, whole in memory.
package struct HTTPRequest: Sendable, Equatable {
    /// The method, in capitals.
    package var method: String
    /// The URL.
    package var url: URL
    /// The header fields to send, in order; `Host` and `Content-Length` are added when absent.
    package var headers: HTTPHeaders
    /// The body; empty for none.
    package var body: [UInt8]
    /// The time limit of the whole exchange, nil for the deadline's.
    package var timeout: Duration?
    /// Whether proxies named in the environment apply.
    package var usesProxy: Bool
    /// Whether the request may arrive twice. If not, it gets a new connection: libcurl by itself repeats a request that
    /// was lost on a used one.
    package var isRepeatable: Bool

    /// Creates a request.
    package init(
        method: String = "GET",
        url: URL,
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
