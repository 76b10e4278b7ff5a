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
    /// - Parameter print: takes the lines of the queries that were found and says whether to go on.
    func run(print: (UnsafeRawBufferPointer) -> Bool) throws(Failure) {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        defer { if file != STDIN_FILENO { close(file) } }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        var reader = LogFileReader(packing: .detected)
        var lines: [UInt8] = []
        while true {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            do throws(CloudTrailError) {
                guard count > 0 else {
                    try reader.finish()
                    break
                }
                try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { start in
                    Query(start).writeLine(to: &lines)
                }
            } catch {
                _ = lines.withUnsafeBytes(print)
                throw .notALog(error)
            }
            guard lines.withUnsafeBytes(print) else { throw .outputClosed }
            lines.removeAll(keepingCapacity: true)
        }
        guard reader.counts.malformed == 0 else { throw .malformed(records: reader.counts.malformed) }
    }
}

extension Query {
    /// Appends this query as a line of JSON, with the attribute names of the table.
    func writeLine(to output: inout [UInt8]) {
        let key = key
        output.append(UInt8(ascii: "{"))
        JSONValue.writeMember("start_date", key.startDate, to: &output)
        JSONValue.writeMember("start_timestamp", key.startTimestamp, to: &output)
        JSONValue.writeMember("query_execution_id", executionID, to: &output)
        JSONValue.writeMember("executing_user", user, to: &output)
        JSONValue.writeMember("user_type", userType, to: &output)
        JSONValue.writeMember("account_id", accountID, to: &output)
        JSONValue.writeMember("region", region, to: &output)
        JSONValue.writeMember("workgroup", workgroup, to: &output)
        JSONValue.writeMember("principal_arn", principalARN, to: &output)
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
    }
}
