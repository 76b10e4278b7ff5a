import AWS
import Alerting
import JSON

extension FinishedQuery {
    /// Reads a closed row, whose attributes have the names of the message's keys; nil for a row of an open query.
    ///
    /// - Throws: ``JSONError`` that names the attribute that is missing or of another type.
    init?(row: Item) throws(JSONError) {
        guard row[RowAttribute.open] == nil else { return nil }
        let members = row.compactMap { name, value in value.json.map { JSONValue.Member(name, $0) } }
        try self.init(json: .object(members))
        isSQLCut = row[RowAttribute.isSQLCut] == .boolean(true)
        sqlShape = row[RowAttribute.sqlShape]?.string.flatMap { UInt64($0, radix: 16) }
    }
}

extension AttributeValue {
    /// The value as JSON, nil for a type that the message has in none of its members.
    fileprivate var json: JSONValue? {
        switch self {
        case .string(let text): .string(text)
        case .number(let digits): Int64(digits).map { .integer($0) } ?? Double(digits).map { .number($0) }
        case .boolean, .other: nil
        }
    }
}
