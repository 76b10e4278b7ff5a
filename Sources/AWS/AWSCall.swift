import HTTP
import JSON
import Web

/// One call to a service, not yet addressed or signed.
struct AWSCall {
    /// The part of a service that a call is about.
    enum Resource: Equatable {
        /// A path, percent-encoded.
        case path(String)
        /// An object in S3, or with an empty key the bucket.
        case object(bucket: String, key: String)
    }

    let service: AWSService
    /// AWS's name of the operation, such as `PutItem`.
    let operation: String
    var method = "POST"
    /// The region, nil for the client's own.
    var region: String?
    var resource = Resource.path("/")
    /// The query of the URL, percent-encoded.
    var query = ""
    var headers: HTTPHeaders = [:]
    var body: [UInt8] = []
    /// The time that one attempt may take, nil for all that the deadline leaves.
    var timeout: Duration? = .seconds(10)

    /// Service and operation as they are named in errors and in IAM policies.
    var name: String { "\(service.policyName):\(operation)" }
}

extension AWSCall {
    /// A call in a service's JSON protocol.
    static func json(
        _ service: AWSService,
        _ operation: String,
        _ input: JSONValue,
        region: String? = nil
    ) -> AWSCall {
        AWSCall(
            service: service,
            operation: operation,
            region: region,
            headers: [
                "Content-Type": "application/x-amz-json-\(service.jsonVersion)",
                "X-Amz-Target": "\(service.targetPrefix ?? "").\(operation)",
            ],
            body: Array(input.serialized().utf8)
        )
    }

    /// A call in the protocol that takes a form and answers with XML.
    static func query(
        _ service: AWSService,
        _ operation: String,
        version: String,
        _ parameters: [(name: String, value: String)] = []
    ) -> AWSCall {
        AWSCall(
            service: service,
            operation: operation,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(([("Action", operation), ("Version", version)] + parameters).formEncoded.utf8)
        )
    }
}
