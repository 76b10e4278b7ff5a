import CloudTrail
import Commands
import JSON
import System
import Time

/// Scans one log file on this machine with the code that the handler runs.
struct LogFileScan {
    let path: String

    /// The reason for which a file could not be scanned.
    enum Failure: Error, CustomStringConvertible {
        case unreadable(String)
        case notALog(CloudTrailError)
        case malformed(records: Int)
        /// Standard output takes no more; the error has been printed.
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

    /// Scans each of some files, also after one that failed, as long as standard output takes the result.
    ///
    /// - Returns: the exit status.
    static func run(_ files: [String]) -> Int32 {
        var status: Int32 = 0
        for file in files {
            do throws(Failure) {
                try LogFileScan(path: file).run { lines in CommandOutput.isWritten(lines) }
            } catch .outputClosed {
                return 1
            } catch {
                status = CommandOutput.fail("\(file): \(error)", status: 1)
            }
        }
        return status
    }

    /// Reads the file to its end.
    ///
    /// - Parameter print: takes lines of query starts and returns whether to continue.
    func run(print: (UnsafeRawBufferPointer) -> Bool) throws(Failure) {
        var reader = LogFileReader(packing: .detected)
        var lines: [UInt8] = []
        var isPrinted = true
        var damage: CloudTrailError?
        do throws(LocalFile.Unreadable) {
            try LocalFile(argument: path).read { piece in
                do throws(CloudTrailError) {
                    try reader.read(piece) { start in start.writeLine(to: &lines) }
                } catch {
                    damage = error
                }
                isPrinted = lines.withUnsafeBytes(print)
                lines.removeAll(keepingCapacity: true)
                return isPrinted && damage == nil
            }
        } catch {
            throw .unreadable(error.description)
        }
        guard isPrinted else { throw .outputClosed }
        do throws(CloudTrailError) {
            if let damage { throw damage }
            try reader.finish()
        } catch {
            throw .notALog(error)
        }
        guard reader.counts.malformed == 0 else { throw .malformed(records: reader.counts.malformed) }
    }
}

extension QueryStart {
    /// Appends this start as a line of JSON, with the attribute names of the table.
    func writeLine(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        JSONValue.writeMember(RowAttribute.startDate, time.date, to: &output)
        JSONValue.writeMember(RowAttribute.startTimestamp, time.dateAndTime, to: &output)
        JSONValue.writeMember(RowAttribute.executionID, executionID, to: &output)
        JSONValue.writeMember(RowAttribute.user, caller.person.name, to: &output)
        JSONValue.writeMember(RowAttribute.userType, caller.person.kind.rawValue, to: &output)
        JSONValue.writeMember(RowAttribute.userSource, caller.person.source.rawValue, to: &output)
        JSONValue.writeMember(RowAttribute.tool, caller.tool, to: &output)
        JSONValue.writeMember(RowAttribute.sessionName, caller.sessionName, to: &output)
        JSONValue.writeMember(RowAttribute.accountID, accountID, to: &output)
        JSONValue.writeMember(RowAttribute.region, region, to: &output)
        JSONValue.writeMember(RowAttribute.workgroup, workgroup, to: &output)
        JSONValue.writeMember(RowAttribute.principalARN, principalARN, to: &output)
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
    }
}
