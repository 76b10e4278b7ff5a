import Foundation
import JSON

@testable import CloudTrail

/// Texts of log files and records.
enum LogFixtures {
    /// A record of a start that succeeded, with members added or replaced; `nil` removes a member.
    static func start(_ id: String, _ changes: [String: Any?] = [:]) -> [String: Any] {
        var record: [String: Any] = [
            "eventVersion": "1.08",
            "eventSource": "athena.amazonaws.com",
            "eventName": "StartQueryExecution",
            "eventTime": "2019-01-17T11:57:30Z",
            "awsRegion": "eu-west-1",
            "recipientAccountId": "123456789012",
            "userIdentity": ["type": "IAMUser", "userName": "ada", "arn": "arn:aws:iam::123456789012:user/ada"],
            "requestParameters": ["queryString": "SELECT 1", "workGroup": "analysts"],
            "responseElements": ["queryExecutionId": id],
        ]
        for (name, value) in changes { record[name] = value ?? nil }
        return record
    }

    /// The record of a start that succeeded, as JSON.
    static func startRecord(_ id: String) throws -> JSONValue {
        try JSONValue(parsing: JSONSerialization.data(withJSONObject: start(id)))
    }

    static func text(_ records: [Any]) throws -> [UInt8] {
        [UInt8](try JSONSerialization.data(withJSONObject: ["Records": records]))
    }

    /// Reads the bytes in pieces of a length.
    static func read(
        _ bytes: [UInt8],
        pieceLength: Int = .max,
        inflatingWith library: Inflater.Library = .fastest
    ) throws(CloudTrailError) -> (starts: [QueryStart], counts: LogFileReader.Counts, contents: LogFileReader.Contents)
    {
        var reader = LogFileReader(inflatingWith: library)
        var starts: [QueryStart] = []
        try forEachPiece(of: bytes, length: pieceLength) { piece throws(CloudTrailError) in
            try reader.read(piece) { starts.append($0) }
        }
        let contents = try reader.finish()
        return (starts, reader.counts, contents)
    }

    /// Calls a function with each piece of the bytes; the address sanitizer notices a read behind its end.
    static func forEachPiece(
        of bytes: [UInt8],
        length: Int,
        _ body: (UnsafeRawBufferPointer) throws(CloudTrailError) -> Void
    ) throws(CloudTrailError) {
        var index = 0
        while index < bytes.count {
            let end = index + min(length, bytes.count - index)
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: end - index, alignment: 1)
            defer { piece.deallocate() }
            piece.copyBytes(from: bytes[index..<end])
            try body(UnsafeRawBufferPointer(piece))
            index = end
        }
    }

    static func ids(_ text: String) throws(CloudTrailError) -> [String] {
        try read(Array(text.utf8)).starts.map(\.executionID)
    }
}
