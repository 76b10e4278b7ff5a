package import Alerting
package import JSON

/// A query as the history keeps it: a line of JSON, with the keys of the message of a finished query.
package struct HistoryLine: Sendable, Equatable {
    package var query: FinishedQuery
    /// The id of the shape of its SQL; nil where that was not known.
    package var shape: UInt64?

    /// Creates the line of a query.
    ///
    /// - Parameter display: the form in which the history keeps its SQL.
    package init(_ query: FinishedQuery, sql display: SQLDisplay) {
        // The shape of a part of the SQL would be another statement's.
        shape = query.sqlShape ?? (query.isSQLCut ? nil : query.sql.flatMap(Shape.init)?.id)
        self.query = query
        self.query.sql = query.sql.flatMap(display.form)
        self.query.isSQLCut = query.isSQLCut && self.query.sql != nil
    }

    /// The day on which it was started, `YYYY-MM-DD`, UTC.
    package var day: String { query.key.startDate }
}

extension HistoryLine: JSONReadable {
    private static let shapeKey = "query_shape"

    /// The line with its end.
    package var text: String { JSONValue.object(members).serialized() + "\n" }

    /// The members of the line.
    var members: [JSONValue.Member] {
        guard case .object(let members) = query.document else { return [] }
        return members + (shape.map { [.init(Self.shapeKey, .string(Shape.text(of: $0)))] } ?? [])
    }

    package init(json line: JSONValue) throws(JSONError) {
        query = try FinishedQuery(json: line)
        let id: String? = try line.optional(Self.shapeKey)
        shape = id.flatMap { UInt64($0, radix: 16) }
    }
}
