import HTTP
import JSON
import Web

/// One call to a service, not yet addressed or signed.
struct AWSCall {
    let service: AWSService
    /// AWS's name of the operation, such as `PutItem`.
    let operation: String
    let method: String
    /// Another region than the client's own.
    let region: String?
    /// The bucket, for S3.
    var bucket: String?
    /// The object's key, for S3.
    var key: String?
    /// The path, percent-encoded, for a service that has others than the root.
    var path = "/"
    /// Parameters of the URL, not encoded.
    var query: [(name: String, value: String)] = []
    var headers: HTTPHeaders
    let body: [UInt8]
    /// How long one attempt may take, or nil for as long as there is.
    let timeout: Duration?

    /// Service and operation as they are named in errors and in IAM policies.
    var name: String { "\(service.signingName):\(operation)" }

    /// A call in a service's JSON protocol.
    static func json(
        _ service: AWSService,
        _ operation: String,
        _ input: JSONValue,
        region: String? = nil
    ) -> AWSCall {
        let headers: HTTPHeaders = [
            "Content-Type": "application/x-amz-json-\(service.jsonVersion)",
            "X-Amz-Target": "\(service.targetPrefix ?? "").\(operation)",
        ]
        return AWSCall(
            service: service,
            operation: operation,
            method: "POST",
            region: region,
            headers: headers,
            body: Array(input.serialized().utf8),
            timeout: .seconds(10)
        )
    }
}

extension AWSCall {
    /// A call in the protocol that answers with XML.
    static func query(
        _ service: AWSService,
        _ operation: String,
        version: String,
        _ parameters: [(String, String)] = []
    ) -> AWSCall {
        let form = ([("Action", operation), ("Version", version)] + parameters)
            .map { "\($0.percentEncoded())=\($1.percentEncoded())" }.joined(separator: "&")
        return AWSCall(
            service: service,
            operation: operation,
            method: "POST",
            region: nil,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(form.utf8),
            timeout: .seconds(10)
        )
    }
}

extension HTTPResponse {
    /// The body as an answer in XML.
    func document(of call: String) throws(AWSError) -> XMLElement {
        do {
            return try XMLElement(parsing: body)
        } catch {
            throw .unreadable(call: call, reason: "\(error)")
        }
    }

    /// Reads what matters in the body, a JSON document.
    func read<Output>(
        of call: String,
        _ read: (JSONValue) throws(JSONError) -> Output
    ) throws(AWSError) -> Output {
        do throws(JSONError) {
            return try read(JSONValue(parsing: body))
        } catch {
            throw .unreadable(call: call, reason: "\(error)")
        }
    }

    /// The body as a document without a fixed shape.
    func json(of call: String) throws(AWSError) -> JSONValue { try read(of: call) { $0 } }
}
