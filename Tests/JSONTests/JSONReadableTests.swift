import JSON
import Testing

private struct Order: JSONReadable {
    let lines: [Line]
    let notes: [String: Bool]

    init(json: JSONValue) throws(JSONError) {
        lines = try json.required("lines")
        notes = try json.optional("notes") ?? [:]
    }

    struct Line: JSONReadable {
        let count: Int64
        let price: Double?

        init(json: JSONValue) throws(JSONError) {
            count = try json.required("count")
            price = try json.optional("price")
        }
    }
}

@Suite struct JSONReadableTests {
    @Test func aDocumentIsReadAsAType() throws {
        let order = try Order(
            parsing: #"{"lines":[{"count":1,"price":2},{"count":3.0,"price":null}],"notes":{"a":true}}"#.utf8
        )
        #expect(order.lines.map(\.count) == [1, 3] && order.lines.map(\.price) == [2, nil])
        #expect(order.notes == ["a": true])
    }

    @Test(arguments: [
        (#"{}"#, "lines: it is missing"),
        (#"{"lines":null}"#, "lines: it is missing"),
        (#"[]"#, "expected an object, found an array"),
        (#"{"lines":{}}"#, "lines: expected an array, found an object"),
        (#"{"lines":[{"count":1},2]}"#, "lines[1]: expected an object, found 2"),
        (#"{"lines":[{"count":"1"}]}"#, #"lines[0].count: expected a whole number, found "1""#),
        (#"{"lines":[{"count":"-1.5e3"}]}"#, #"lines[0].count: expected a whole number, found "-1.5e3""#),
        (#"{"lines":[{"count":""}]}"#, #"lines[0].count: expected a whole number, found """#),
        (#"{"lines":[],"notes":{"a":"true"}}"#, #"notes.a: expected true or false, found "true""#),
        (#"{"lines":[{"count":"SELECT 1"}]}"#, "lines[0].count: expected a whole number, found a string"),
        (#"{"lines":[{"count":"0x1f"}]}"#, "lines[0].count: expected a whole number, found a string"),
        (#"{"lines":[{"count":"123456789012345678901"}]}"#, "lines[0].count: expected a whole number, found a string"),
        (#"{"lines":[{"count":1.5}]}"#, "lines[0].count: expected a whole number, found 1.5"),
        (#"{"lines":[{"count":1e19}]}"#, "lines[0].count: expected a whole number, found 1e+19"),
        (#"{"lines":[{"count":1e400}]}"#, "lines[0].count: expected a whole number, found a number"),
        (#"{"lines":[{"count":1,"price":1e400}]}"#, "lines[0].price: expected a number within the range of a double"),
        (#"{"lines":[{"count":1,"price":true}]}"#, "lines[0].price: expected a number, found true"),
        (#"{"lines":[],"notes":{"a":{}}}"#, "notes.a: expected true or false, found an object"),
        (#"{"lines":[}"#, "not valid JSON: line 1, column 11: unexpected '}'"),
    ])
    func anErrorNamesThePlace(_ text: String, _ reason: String) {
        let error = #expect(throws: JSONError.self) { try Order(parsing: text.utf8) }
        #expect(error?.description == reason)
    }

    @Test func ofMembersWithOneNameTheFirstCounts() throws {
        let text = #"{"lines":[{"count":1,"count":2}],"notes":{"a":true,"a":false}}"#
        let order = try Order(parsing: text.utf8)
        #expect(order.lines.map(\.count) == [1] && order.notes == ["a": true])
    }

    @Test func aByteOrderMarkIsIgnored() throws {
        #expect(try JSONValue(parsing: "\u{FEFF}{}".utf8) == .object([]))
        #expect(throws: JSONError.self) { try JSONValue(parsing: "{\u{FEFF}}".utf8) }
    }
}
