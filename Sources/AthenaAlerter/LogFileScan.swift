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
        case malformed(Int)
        case outputClosed

        var description: String {
            switch self {
            case .unreadable(let reason): reason
            case .malformed(1): "1 record cannot be read"
            case .malformed(let count): "\(count) records cannot be read"
            case .outputClosed: "nobody reads the output any more"
            }
        }
    }

    /// Reads the file to its end.
    ///
    /// - Parameter found: takes each query and says whether to go on.
    func run(found: (Query) -> Bool) throws {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure.unreadable(String(cString: strerror(errno))) }
        defer { if file != STDIN_FILENO { close(file) } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        var reader = LogFileReader(packing: .detected)
        var isWanted = true
        while isWanted {
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw Failure.unreadable(String(cString: strerror(errno)))
            }
            if count == 0 {
                try reader.finish()
                guard reader.counts.malformed == 0 else { throw Failure.malformed(reader.counts.malformed) }
                return
            }
            try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { start in
                if isWanted { isWanted = found(Query(start)) }
            }
        }
        throw Failure.outputClosed
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
