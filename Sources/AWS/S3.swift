package import HTTP
package import Time
import Web

/// Objects in S3.
package struct S3 {
    let client: AWSClient

    /// The greatest number of deletions in flight.
    private static let deletionsInFlight = 16

    /// Creates a client of S3.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// Streams an object to a sink, which is begun anew when the transfer breaks and is repeated.
    ///
    /// - Parameters:
    ///   - bucket: the bucket's name.
    ///   - key: the object's key, not encoded.
    ///   - sink: takes the object's bytes.
    ///   - deadline: when to give up.
    package func getObject(
        bucket: String,
        key: String,
        into sink: any ResponseSink,
        before deadline: Deadline
    ) throws(AWSError) {
        // A download lasts as long as the sink takes; only silence ends it before the deadline.
        let call = AWSCall(
            service: .s3,
            operation: "GetObject",
            method: "GET",
            resource: .object(bucket: bucket, key: key),
            timeout: nil
        )
        _ = try client.send(call, sink: sink, before: deadline)
    }

    /// Stores an object.
    ///
    /// - Parameters:
    ///   - bucket: the bucket's name.
    ///   - key: the object's key, not encoded.
    ///   - body: the object's bytes.
    ///   - contentType: the kind of contents, for browsers; nil to leave it to S3.
    ///   - deadline: when to give up.
    package func putObject(
        bucket: String,
        key: String,
        body: [UInt8],
        contentType: String? = nil,
        before deadline: Deadline
    ) throws(AWSError) {
        var headers: HTTPHeaders = [:]
        headers["Content-Type"] = contentType
        let call = AWSCall(
            service: .s3,
            operation: "PutObject",
            method: "PUT",
            resource: .object(bucket: bucket, key: key),
            headers: headers,
            body: body,
            timeout: .seconds(60)
        )
        _ = try client.send(call, before: deadline)
    }

    /// Deletes objects, each for itself; outcomes come in the order of the keys. One that is not there counts as deleted.
    package func deleteObjects(
        bucket: String,
        keys: [String],
        before deadline: Deadline
    ) -> [Result<Void, AWSError>] {
        let calls = keys.map {
            AWSCall(
                service: .s3,
                operation: "DeleteObject",
                method: "DELETE",
                resource: .object(bucket: bucket, key: $0),
                timeout: .seconds(20)
            )
        }
        return client.sendAll(calls, inFlight: Self.deletionsInFlight, before: deadline).map { $0.map { _ in } }
    }
}
