import Alerting
import JSON
import JSONFixture
import Testing

/// A message that lacks a key that an alert needs is refused, and the error names the key.
@Suite struct MalformedMessageTests {
    private func reason(_ text: String) -> String? {
        #expect(throws: JSONError.self) { try FinishedQuery(parsing: text.utf8) }?.description
    }

    private func expect(_ problem: String, of name: String, _ value: JSONValue?) throws {
        let message = try JSONValue(parsing: FinishedQueryFixture.message.utf8)
        #expect(reason(message.replacing(name, with: value).serialized()) == "\(name): \(problem)")
    }

    @Test func bracketsThatNestTooDeepAreRefused() {
        #expect(reason(JSONFixture.deep)?.hasPrefix("not valid JSON: ") == true)
    }

    @Test(arguments: JSONFixture.texts + [String(FinishedQueryFixture.message.dropLast())])
    func aTextThatIsNoMessageIsRefused(_ text: String) {
        let reason = reason(text) ?? ""
        let reasons = ["not valid JSON: ", "expected an object, found ", "query_execution_id: it is missing"]
        #expect(reasons.contains { reason.hasPrefix($0) })
    }

    @Test(arguments: ["start_date", "start_timestamp", "query_execution_id", "query_state", "executing_user"])
    func aKeyThatIsNeededIsAText(_ name: String) throws {
        try expect("it is missing", of: name, nil)
        try expect("it is missing", of: name, .null)
        try expect("expected a string, found 7", of: name, 7)
        try expect("expected a string, found an array", of: name, [])
        try expect("expected a string, found an object", of: name, [:])
    }

    @Test func anExecutionIDIsNotEmpty() throws {
        try expect("it is empty", of: "query_execution_id", "")
    }

    @Test(
        arguments: [
            (#""5""#, #""5""#), (#""x""#, "a string"), ("[]", "an array"), ("{}", "an object"), ("true", "true"),
            ("0.5", "0.5"), ("1e+30", "1e+30"), ("9223372036854775808", "9.223372036854776e+18"),
            (JSONFixture.huge, "a number"),
        ]
    )
    func theSizeIsAWholeNumber(_ text: String, _ found: String) throws {
        let message = try JSONValue(parsing: FinishedQueryFixture.message.utf8)
        let reason = reason(message.replacing("data_scanned", withText: text))
        #expect(reason == "data_scanned: expected a whole number, found \(found)")
    }

    @Test(arguments: [(7, "7"), ([], "an array"), ([:], "an object"), (true, "true")] as [(JSONValue, String)])
    func theSQLIsAText(_ sql: JSONValue, _ found: String) throws {
        try expect("expected a string, found \(found)", of: "query_sql", sql)
    }
}
