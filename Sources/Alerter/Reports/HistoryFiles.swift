import CloudTrail
import Commands
import JSON
import Reporting
import System

/// Reads files of the history on this machine.
struct HistoryFiles {
    private let terminal = Terminal()
    private var filesRead = 0
    private var failures = 0

    /// Reads each of some files and folders, also after one that failed.
    ///
    /// - Parameters:
    ///   - paths: the files and folders.
    ///   - builder: takes the lines.
    /// - Returns: whether every line could be read.
    static func read(_ paths: [String], into builder: inout ReportBuilder) -> Bool {
        var files = HistoryFiles()
        for path in paths { files.read(path, followsLink: true, into: &builder) }
        files.terminal.endProgress()
        return files.failures == 0
    }

    private mutating func read(_ path: String, followsLink: Bool, into builder: inout ReportBuilder) {
        do throws(LocalFile.Unreadable) {
            if let names = try LocalFile(argument: path).names(followsLink: followsLink) {
                let folder = path.hasSuffix("/") ? path : path + "/"
                for name in names { read(folder + name, followsLink: false, into: &builder) }
                return
            }
            // The name of a folder of the history tells its day; those of other periods need not be read.
            if let day = HistoryPlace.day(in: path), !builder.needs(day) { return }
            try readFile(path, into: &builder)
        } catch {
            fail(path, "\(error)")
        }
        filesRead += 1
        terminal.progress("\(filesRead) files")
    }

    private mutating func readFile(_ path: String, into builder: inout ReportBuilder) throws(LocalFile.Unreadable) {
        var reader = LineReader()
        var unreadable = 0
        var first: String?
        var damage: CloudTrailError?
        func take(_ line: ArraySlice<UInt8>) {
            do throws(JSONError) {
                builder.add(try HistoryLine(parsing: line))
            } catch {
                // The rows of a preview serve as a history, too.
                guard !PreviewRows.isOfPreview(line) else { return }
                unreadable += 1
                first = first ?? "\(error)"
            }
        }
        try LocalFile(argument: path).read { piece in
            do throws(CloudTrailError) {
                try reader.read(piece, take: take)
            } catch {
                damage = error
            }
            return damage == nil
        }
        do throws(CloudTrailError) {
            if let damage { throw damage }
            try reader.finish(take: take)
        } catch {
            fail(path, "\(error)")
        }
        if let first { fail(path, "\(unreadable) lines are no queries; the first: \(first)") }
    }

    private mutating func fail(_ path: String, _ reason: String) {
        failures += 1
        terminal.say("\(path): \(reason)")
    }
}
