package import JSON

/// The text of a day's sums: lines of JSON, each with what the line is about, so that SQL can read them too.
extension Sums {
    /// The shapes that a day keeps.
    private static let shapesOfDay = 5000

    private enum Kind: String {
        case total
        case human
        case shape
        case query
    }

    /// The sums of one day as text, the same for the same queries in whatever order they came.
    package var lines: String {
        var lines = [Self.line(Kind.total.rawValue, total.members)]
        for part in Part.allCases {
            for (name, spend) in (parts[part] ?? [:]).sorted(by: { $0.key < $1.key }) {
                lines.append(Self.line(part.rawValue, [.init("name", .string(name))] + spend.members))
            }
        }
        for (name, sum) in people.sorted(by: { $0.key < $1.key }) {
            lines.append(Self.line(Kind.human.rawValue, [.init("name", .string(name))] + sum.members))
        }
        lines += shapes.dearest(Self.shapesOfDay).map { Self.line(Kind.shape.rawValue, $0.members) }
        lines += dearest.map { Self.line(Kind.query.rawValue, $0.members) }
        return lines.joined()
    }

    private static func line(_ kind: String, _ members: [JSONValue.Member]) -> String {
        JSONValue.object([.init("kind", .string(kind))] + members).serialized() + "\n"
    }

    /// Adds a line of the sums of a day. A line of a kind that is not known says nothing here.
    ///
    /// - Throws: ``JSONError``
    package mutating func add(line: JSONValue, of day: String) throws(JSONError) {
        let kind: String = try line.required("kind")
        if let part = Part(rawValue: kind) {
            let spend = try Spend(json: line)
            add(spend, to: part, try line.required("name"), on: part == .workgroup ? day : nil)
        } else {
            switch Kind(rawValue: kind) {
            case .total: add(total: try Spend(json: line))
            case .human: add(try PersonalSum(json: line), of: try line.required("name"))
            case .shape: add(try ShapeSums.Entry(json: line))
            case .query:
                let query = try HistoryLine(json: line)
                addDear(query, Spend(query.query).amount)
            case nil: break
            }
        }
    }
}

extension ShapeSums.Entry: JSONReadable {
    var members: [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("name", .string(Shape.text(of: id))),
            .init("queries", .integer(Int64(queries))),
            .init("data_scanned", .integer(bytes)),
            .init("cost", .number(Double(amount) / 1e9)),
            .init("people", .array(people.map { .string($0) })),
            .init("has_more_people", .bool(hasMorePeople)),
        ]
        if let text { members.append(.init("masked_sql", .string(text))) }
        return members
    }

    package init(json line: JSONValue) throws(JSONError) {
        let name: String = try line.required("name")
        guard let id = UInt64(name, radix: 16) else {
            throw .unexpected(place: "name", problem: "expected hexadecimal digits")
        }
        let queries: Int64 = try line.required("queries")
        let cost: Double = try line.required("cost")
        self.init(
            id: id,
            queries: Int(queries),
            bytes: try line.required("data_scanned"),
            amount: Int64(exactly: (cost * 1e9).rounded()) ?? 0,
            text: try line.optional("masked_sql"),
            people: try line.required("people"),
            hasMorePeople: try line.required("has_more_people")
        )
    }
}
