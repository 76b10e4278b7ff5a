import AWS
import CloudTrail
import HTTP
import JSON
import Reporting
import Time

/// The bucket of the history, as ``ReportHandler`` needs it.
protocol HistoryStore {
    /// Writes a whole object.
    func put(_ body: [UInt8], at key: String, contentType: String, before deadline: Deadline) throws(AWSError)

    /// The keys that begin with a prefix.
    func keys(in folder: String, before deadline: Deadline) throws(AWSError) -> [String]

    /// Reads an object.
    ///
    /// - Parameter sink: takes the object's bytes.
    func download(_ key: String, into sink: any ResponseSink, before deadline: Deadline) throws(AWSError)
}

/// The history in a bucket of S3.
struct HistoryBucket: HistoryStore {
    let s3: S3
    let name: String

    func put(_ body: [UInt8], at key: String, contentType: String, before deadline: Deadline) throws(AWSError) {
        try s3.putObject(bucket: name, key: key, body: body, contentType: contentType, before: deadline)
    }

    func keys(in folder: String, before deadline: Deadline) throws(AWSError) -> [String] {
        var keys: [String] = []
        var next: String?
        repeat {
            let page = try s3.list(bucket: name, prefix: folder, from: next, before: deadline)
            keys += page.objects.map(\.key)
            next = page.next
        } while next != nil
        return keys
    }

    func download(_ key: String, into sink: any ResponseSink, before deadline: Deadline) throws(AWSError) {
        try s3.getObject(bucket: name, key: key, into: sink, before: deadline)
    }
}

/// Gathers the lines of an object while it downloads.
final class LineSink: ResponseSink {
    private var reader = LineReader()
    private var lines: [[UInt8]] = []
    private var damage: CloudTrailError?

    func begin() {
        reader = LineReader()
        lines = []
        damage = nil
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do throws(CloudTrailError) {
            try reader.read(bytes) { lines.append(Array($0)) }
        } catch {
            damage = error
        }
        return damage == nil
    }

    /// All lines of the object.
    func finish() throws(CloudTrailError) -> [[UInt8]] {
        if let damage { throw damage }
        try reader.finish { lines.append(Array($0)) }
        return lines
    }
}
