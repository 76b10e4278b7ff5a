import JSON

/// The queries that take the most of a sum, so that a notice can say how much they are of it.
package struct DearestQueries: Sendable, Equatable {
    package static let count = 3

    private struct Entry: Equatable {
        let id: String
        let units: Int128
    }

    /// The dearest first.
    private var entries: [Entry] = []

    /// Reads the text that the table keeps, nil for none; a text of another form counts as none.
    package init(_ text: String? = nil) {
        guard let text, let json = try? JSONValue(parsing: text.utf8), let list = json.array else { return }
        for element in list {
            guard let pair = element.array, pair.count == 2, let id = pair[0].string,
                let units = pair[1].string.flatMap({ Int128($0) })
            else { continue }
            add(id, min(units, ExactAmount.greatest.units))
        }
    }

    /// These queries with another one, unless it is there or too cheap.
    package func adding(_ query: FinishedQuery, measuredBy limit: Budget.Limit) -> DearestQueries {
        var queries = self
        queries.add(query.key.executionID, limit.units(of: Spending(of: query)))
        return queries
    }

    private mutating func add(_ id: String, _ units: Int128) {
        guard units > 0, !entries.contains(where: { $0.id == id }) else { return }
        let index = entries.firstIndex { $0.units < units } ?? entries.count
        entries.insert(Entry(id: id, units: units), at: index)
        entries = Array(entries.prefix(Self.count))
    }

    /// The number of queries, and what they take together.
    var total: (count: Int, units: Int128) { (entries.count, entries.reduce(0) { $0 + $1.units }) }

    /// The text that the table keeps.
    package var text: String {
        JSONValue.array(entries.map { [.string($0.id), .string("\($0.units)")] }).serialized()
    }
}
