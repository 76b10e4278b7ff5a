import Alerting
import JSON
import LambdaRuntime
import System

/// The file of a preview: a line for each query, and the places up to which its source has been read. A preview that was
/// interrupted goes on where the file ends, and one that is whole makes no call.
final class PreviewRows {
    /// A query that Athena told nothing of.
    enum Untold: String {
        case running
        case forgotten
        case unclear
    }

    /// A line.
    enum Row {
        case query(FinishedQuery)
        case untold(Untold)
    }

    private static let header = "preview"
    private static let checkpoint = "checkpoint"
    private static let untold = "untold"
    private static let id = "query_execution_id"

    private let file: LinesFile
    /// The queries that have a line.
    private var known: Set<ShortID> = []
    /// The source's last word on each part of it.
    private(set) var checkpoints: [String: String] = [:]

    /// Opens the file of a preview, or creates it.
    ///
    /// - Parameters:
    ///   - path: the file's path.
    ///   - subject: the words for what is previewed; another preview's file is refused.
    init(path: String, subject: String) throws {
        file = try LinesFile(path: path)
        var first: String?
        var count = 0
        try file.read { line in
            count += 1
            guard let row = try? JSONValue(parsing: line) else { return true }
            if count == 1 { first = row[Self.header]?.string }
            if let place = row[Self.checkpoint]?.string { checkpoints[place] = row["at"]?.string ?? "" }
            if let id = row[Self.id]?.string { known.insert(ShortID(id)) }
            return true
        }
        if count == 0 {
            try file.append(JSONValue.object(of: [Self.header: .string(subject)]).serialized())
        } else if first != subject {
            let other = first.map { "is of another preview, \($0)" } ?? "is not of a preview"
            throw HandlerError.misconfigured("\(path) \(other); delete it, or name another file with --output")
        }
    }

    /// Whether a line tells of the preview itself, or of a query of which Athena told nothing.
    static func isOfPreview(_ line: ArraySlice<UInt8>) -> Bool {
        guard let row = try? JSONValue(parsing: line) else { return false }
        return [header, checkpoint, untold].contains { row[$0]?.string != nil }
    }

    /// Whether a query has no line yet; from now on it counts as one that has.
    func isNew(_ executionID: String) -> Bool { known.insert(ShortID(executionID)).inserted }

    func append(_ query: FinishedQuery, limit: Int) throws(LinesFile.Failure) {
        try file.append(query.message(limit: limit))
    }

    func append(_ untold: Untold, executionID: String) throws(LinesFile.Failure) {
        let row: JSONValue = [Self.untold: .string(untold.rawValue), Self.id: .string(executionID)]
        try file.append(row.serialized())
    }

    /// Notes that a part of the source has been read up to a place, and all of its queries are in the file.
    func note(_ part: String, at place: String) throws(LinesFile.Failure) {
        checkpoints[part] = place
        try file.append(([Self.checkpoint: .string(part), "at": .string(place)] as JSONValue).serialized())
    }

    /// Reads all rows, in the order of the file.
    func forEach(_ take: (Row) -> Void) throws(LinesFile.Failure) {
        try file.read { line in
            guard let row = try? JSONValue(parsing: line) else { return true }
            if let word = row[Self.untold]?.string {
                take(.untold(Untold(rawValue: word) ?? .unclear))
            } else if row[Self.id] != nil, let query = try? FinishedQuery(json: row) {
                take(.query(query))
            }
            return true
        }
    }

    /// A hash of an id, long enough that two ids do not share one.
    private struct ShortID: Hashable {
        private let halves: (Int, Int)

        init(_ id: String) {
            halves = (id.hashValue, "#\(id)".hashValue)
        }

        static func == (left: ShortID, right: ShortID) -> Bool { left.halves == right.halves }

        func hash(into hasher: inout Hasher) { hasher.combine(halves.0) }
    }
}
