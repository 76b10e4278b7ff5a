/// Partition projection: Athena computes a table's partitions, so that none needs to be registered.
///
/// https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
package struct PartitionProjection: Sendable {
    /// The statement that turns it on, with remarks.
    package let statement: String

    /// The date part that may follow a sequence of date parts, with the unit of the last one.
    private static let units = ["yyyy": "YEARS", "MM": "MONTHS", "dd": "DAYS", "HH": "HOURS", "mm": "MINUTES"]
    private static let dateOrder = ["yyyy", "MM", "dd", "HH", "mm"]

    /// Makes the statement.
    ///
    /// - Parameters:
    ///   - layout: the layout of the keys.
    ///   - table: the table.
    ///   - location: `s3://bucket/`, or the table's own location where the layout does not name the table.
    /// - Throws: ``PartitionLayout/Mistake`` for a layout that Athena cannot project.
    package init(_ layout: PartitionLayout, table: String, location: String) throws(PartitionLayout.Mistake) {
        var path: [PartitionLayout.Piece] = layout.folders.flatMap { $0 + [.text("/")] }
        path = path.map { $0 == .field(PartitionLayout.table) ? .text(table) : $0 }
        var properties = [("projection.enabled", "true")]
        var remarks: [String] = []
        for column in layout.columns {
            let fields = column.pieces.compactMap(\.name)
            guard let start = path.firstIndex(of: .field(fields.first ?? "")),
                let end = path.lastIndex(of: .field(fields.last ?? "")), start <= end,
                path[start...end].compactMap(\.name) == fields
            else {
                throw .init(reason: "Athena cannot project '\(column.name)': its parts are not together in the key")
            }
            let format = Self.text(path[start...end])
            path.replaceSubrange(start...end, with: [.text("${\(column.name)}")])
            let (settings, remark) = Self.settings(of: fields, format)
            properties += settings.map { ("projection.\(column.name).\($0.0)", $0.1) }
            if let remark { remarks.append("\(column.name): \(remark)") }
            if format != Self.text(column.pieces[...]) {
                remarks.append("\(column.name): its values are then written as in the key, \(Self.readable(format))")
            }
        }
        if let name = path.compactMap(\.name).first {
            throw .init(reason: "Athena cannot project it: '{\(Int(name) == nil ? name : "")}' is in no column")
        }
        properties.append(("storage.location.template", location + Self.text(path[...])))
        var lines: [String] = []
        for (name, value) in properties {
            guard let name = PartitionStatements.literal(name), let value = PartitionStatements.literal(value) else {
                throw .init(reason: "a name has a quotation mark or a backslash in it")
            }
            lines.append("  \(name) = \(value)")
        }
        statement =
            remarks.map { "-- \($0)\n" }.joined()
            + "ALTER TABLE \(PartitionStatements.quoted(table)) SET TBLPROPERTIES (\n"
            + lines.joined(separator: ",\n") + "\n);\n"
    }

    private static func settings(of fields: [String], _ format: String) -> ([(String, String)], remark: String?) {
        if fields.count > 1, fields == Array(dateOrder.prefix(fields.count)), let unit = units[fields.last ?? ""],
            !readable(format).contains(where: { $0.isLetter && !"yMdHm".contains($0) })
        {
            let date = [
                ("type", "date"), ("format", readable(format)), ("range", "NOW-3YEARS,NOW"), ("interval", "1"),
                ("interval.unit", unit),
            ]
            return (date, "let its range begin when the data do; NOW is in UTC")
        }
        if fields.count == 1, let range = PartitionLayout.dateParts[fields[0]], format == "{\(fields[0])}" {
            // A year apart from its month cannot be projected as a date, whose range ends with NOW.
            let isYear = fields == ["yyyy"]
            let range = isYear ? "2000,2099" : "\(range.lowerBound),\(range.upperBound)"
            let settings = [("type", "integer"), ("range", range), ("digits", "\(fields[0].utf8.count)")]
            return (settings, isYear ? "narrow its range to the years of the data" : nil)
        }
        return ([("type", "injected")], "every query must say '= …'; type enum with a list of values spares that")
    }

    private static func text(_ pieces: ArraySlice<PartitionLayout.Piece>) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .field(let name): "{\(name)}"
            }
        }.joined()
    }

    private static func readable(_ format: String) -> String { format.filter { $0 != "{" && $0 != "}" } }
}

extension PartitionLayout.Piece {
    fileprivate var name: String? { if case .field(let name) = self { name } else { nil } }
}
