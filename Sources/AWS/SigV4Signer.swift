package import HTTP
package import Time
import Web

/// Signs requests with AWS Signature Version 4.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package struct SigV4Signer: Sendable {
    /// The keys that sign.
    package let credentials: Credentials
    /// The region in the credential scope.
    package let region: String
    /// The service's signing name, such as `s3` or `dynamodb`.
    package let service: String

    /// Creates a signer for one service in one region.
    package init(credentials: Credentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// Header fields that intermediaries may change, or that tell nothing of the request, stay unsigned, as in the SDKs.
    private static let unsignedHeaders: Set<String> = [
        "authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id", "baggage", "traceparent",
        "tracestate",
    ]

    /// Adds the header fields of a signature made at a given time, replacing those of an earlier one.
    ///
    /// - Parameters:
    ///   - request: the request as it will be sent; its URL is percent-encoded once.
    ///   - time: the signing time, which AWS compares with its own clock.
    package func sign(_ request: inout HTTPRequest, at time: Timestamp) {
        // ISO 8601's basic form.
        let timestamp = time.formatted("YYYYMMDDThhmmssZ")
        let bodyHash = Digest.sha256(request.body).hexadecimal
        request.headers["Authorization"] = nil
        request.headers["Host"] = request.url.origin.authority.lowercased()
        request.headers["X-Amz-Date"] = timestamp
        request.headers["X-Amz-Security-Token"] = credentials.sessionToken
        if service == "s3" { request.headers["X-Amz-Content-SHA256"] = bodyHash }

        let headers = canonicalHeaders(request.headers)
        let signedNames = headers.map(\.name).joined(separator: ";")
        let canonical = canonicalRequest(method: request.method, url: request.url, headers: headers, bodyHash: bodyHash)
        let scope = "\(timestamp.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = stringToSign(timestamp: timestamp, scope: scope, canonicalRequest: canonical)
        let signature = Digest.hmacSHA256(key: signingKey(day: String(timestamp.prefix(8))), toSign).hexadecimal
        request.headers["Authorization"] =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(signedNames), Signature=\(signature)"
    }

    func canonicalRequest(
        method: String,
        url: URL,
        headers: [(name: String, value: String)],
        bodyHash: String
    ) -> String {
        // S3 signs the path that is sent; everyone else a normalized path, encoded a second time.
        let path = service == "s3" ? url.path : url.normalizedPath.percentEncoded(keepingSlashes: true)
        let lines =
            [method, path, url.canonicalQuery] + headers.map { "\($0.name):\($0.value)" }
            + ["", headers.map(\.name).joined(separator: ";"), bodyHash]
        return lines.joined(separator: "\n")
    }

    func stringToSign(timestamp: String, scope: String, canonicalRequest: String) -> String {
        let hash = Digest.sha256(Array(canonicalRequest.utf8)).hexadecimal
        return [Self.algorithm, timestamp, scope, hash].joined(separator: "\n")
    }

    func signingKey(day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) { key, part in
            Digest.hmacSHA256(key: key, part)
        }
    }

    /// Lower-case names in order; fields of one name joined by commas; runs of white space as one space.
    func canonicalHeaders(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for field in headers where !Self.unsignedHeaders.contains(field.name.lowercased()) {
            // By bytes: a session token has a thousand characters, and every call signs it.
            let words = field.value.utf8.split { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
            let value = words.map { String(Substring($0)) }.joined(separator: " ")
            values[field.name.lowercased(), default: []].append(value)
        }
        return values.map { (name: $0.key, value: $0.value.joined(separator: ",")) }.sorted { $0.name < $1.name }
    }
}
