import Alerting
import CloudTrail
import Glibc
import Handlers
import JSON

/// Scans one log file on this machine with the code that the handler runs.
struct LogFileScan {
    private static let pieceLength = 256 << 10

    let path: String

    /// Why a file could not be scanned.
    enum Failure: Error, CustomStringConvertible {
        case unreadable(String)
        case notALog(CloudTrailError)
        case malformed(records: Int)
        /// The output takes no more; that has been said already.
        case outputClosed

        var description: String {
            switch self {
            case .unreadable(let reason): reason
            case .notALog(let error): "\(error)"
            case .malformed(1): "1 record cannot be read"
            case .malformed(let count): "\(count) records cannot be read"
            case .outputClosed: "the output takes no more"
            }
        }
    }

    /// Reads the file to its end.
    ///
    /// - Parameter found: takes each query and says whether to go on.
    func run(found: (Query) -> Bool) throws(Failure) {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        defer { if file != STDIN_FILENO { close(file) } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        var reader = LogFileReader(packing: .detected)
        var isWanted = true
        while isWanted {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            do throws(CloudTrailError) {
                guard count > 0 else {
                    try reader.finish()
                    break
                }
                try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { start in
                    if isWanted { isWanted = found(Query(start)) }
                }
            } catch {
                throw .notALog(error)
            }
        }
        guard isWanted else { throw .outputClosed }
        guard reader.counts.malformed == 0 else { throw .malformed(records: reader.counts.malformed) }
    }
}

extension Query {
    /// This query as a line of JSON, with the attribute names of the table.
    var jsonLine: String {
        let attributes: [(String, String?)] = [
            ("start_date", key.startDate),
            ("start_timestamp", key.startTimestamp),
            ("query_execution_id", executionID),
            ("executing_user", user),
            ("user_type", userType),
            ("account_id", accountID),
            ("region", region),
            ("workgroup", workgroup),
            ("principal_arn", principalARN),
        ]
        let members = attributes.compactMap { name, value in value.map { JSONValue.Member(name, .string($0)) } }
        return JSONValue.object(members).serialized() + "\n"
    }
}
