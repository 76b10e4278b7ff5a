import CloudTrail
import Commands
import JSON
import System
import Time

/// A reading of the query starts in files on this machine, with the code that the handler runs.
struct LogFileScan {
    /// Takes a start, and adds what is to be printed of it.
    typealias Take = (QueryStart, inout JSONLines) -> Void

    private let terminal = Terminal()
    private var hasFolder = false
    private var filesRead = 0
    private var digests = 0
    private var filesOfInsights = 0
    private var failures = 0

    /// The reason for which a file could not be scanned.
    private enum Failure: Error, CustomStringConvertible {
        case unreadable(LocalFile.Unreadable)
        case notALog(CloudTrailError)
        case malformed(records: Int)
        /// Standard output takes no more; the error has been printed.
        case outputClosed

        var description: String {
            switch self {
            case .unreadable(let reason): reason.description
            case .notALog(let error): "\(error)"
            case .malformed(1): "1 record cannot be read"
            case .malformed(let count): "\(count) records cannot be read"
            case .outputClosed: "the output takes no more"
            }
        }
    }

    /// Scans each of some files and folders, also after one that failed, as long as standard output takes the result.
    ///
    /// - Returns: the exit status.
    static func run(_ paths: [String], take: Take) -> Int32 {
        var scan = LogFileScan()
        for path in paths {
            guard scan.scan(path, followsLink: true, take) else { return 1 }
        }
        if scan.hasFolder {
            scan.terminal.say(
                "\(scan.filesRead) files read, \(scan.digests) digests and \(scan.filesOfInsights) files of insights "
                    + "skipped, \(scan.failures) failed"
            )
        }
        return scan.failures == 0 ? 0 : 1
    }

    /// Scans a file, or all files in a folder and in the folders there.
    ///
    /// - Returns: whether to continue.
    private mutating func scan(_ path: String, followsLink: Bool, _ take: Take) -> Bool {
        do throws(Failure) {
            let names: [String]?
            do throws(LocalFile.Unreadable) {
                names = try LocalFile(argument: path).names(followsLink: followsLink)
            } catch {
                throw .unreadable(error)
            }
            if let names {
                hasFolder = true
                let folder = path.hasSuffix("/") ? path : path + "/"
                return names.allSatisfy { scan(folder + $0, followsLink: false, take) }
            }
            switch try read(path, take) {
            case .log: filesRead += 1
            case .digest: digests += 1
            case .insights: filesOfInsights += 1
            }
        } catch .outputClosed {
            return false
        } catch {
            failures += 1
            terminal.say("\(path): \(error)")
        }
        if hasFolder { terminal.progress("\(filesRead + digests + filesOfInsights + failures) files") }
        return true
    }

    /// Reads a file to its end, and prints what its query starts have to say.
    private func read(_ path: String, _ take: Take) throws(Failure) -> LogFileReader.Contents {
        var reader = LogFileReader()
        var lines = JSONLines()
        var isPrinted = true
        var damage: CloudTrailError?
        do throws(LocalFile.Unreadable) {
            try LocalFile(argument: path).read { piece in
                do throws(CloudTrailError) {
                    try reader.read(piece) { start in take(start, &lines) }
                } catch {
                    damage = error
                }
                isPrinted = lines.take(print)
                return isPrinted && damage == nil
            }
        } catch {
            throw .unreadable(error)
        }
        guard isPrinted else { throw .outputClosed }
        let contents: LogFileReader.Contents
        do throws(CloudTrailError) {
            if let damage { throw damage }
            contents = try reader.finish()
        } catch {
            throw .notALog(error)
        }
        guard reader.counts.malformed == 0 else { throw .malformed(records: reader.counts.malformed) }
        return contents
    }

    /// Prints a part of the result, and returns whether it was written.
    private func print(_ lines: UnsafeRawBufferPointer) -> Bool {
        guard !lines.isEmpty else { return true }
        if hasFolder { terminal.endProgress() }
        return CommandOutput.isWritten(lines)
    }
}

extension QueryStart {
    /// Adds this start as a line of JSON, with the attribute names of the table.
    func write(to lines: inout JSONLines) {
        // The day is the beginning of the moment.
        let moment = time.dateAndTime
        lines.beginObject()
        lines.addMember(RowAttribute.startDate, String(Substring(moment.utf8.prefix(10))))
        lines.addMember(RowAttribute.startTimestamp, moment)
        lines.addMember(RowAttribute.executionID, executionID)
        lines.addMember(RowAttribute.user, caller.person.name)
        lines.addMember(RowAttribute.userType, caller.person.kind.rawValue)
        lines.addMember(RowAttribute.userSource, caller.person.source.rawValue)
        lines.addMember(RowAttribute.tool, caller.tool)
        lines.addMember(RowAttribute.sessionName, caller.sessionName)
        lines.addMember(RowAttribute.accountID, accountID)
        lines.addMember(RowAttribute.region, region)
        lines.addMember(RowAttribute.workgroup, workgroup)
        lines.addMember(RowAttribute.principalARN, principalARN)
        lines.endObject()
    }
}
