import JSON
import Settings
import Testing

@testable import Alerting

@Suite struct StoredSQLTests {
    private func setting(_ value: JSONValue) throws -> StoredSQL {
        try StoredSQL(Section(key: "table_sql", value: value))
    }

    @Test(
        arguments: [
            ("full", "select 'é€𝄞' 1", "select 'é€𝄞' 1"), ("none", "select 1", ""), (0, "select 1", ""),
            (8, "select 1", "select 1"), (7, "select 1", "select "), ("1 KB", "select 1", "select 1"), (5, "", ""),
            // Between the bytes of a character, and between the characters that make one.
            (1, "éa", ""), (2, "éa", "é"), (4, "a€b", "a€"), (3, "a€b", "a"), (4, "𝄞", "𝄞"), (3, "𝄞", ""),
            (3, "a\r\nb", "a\r\n"),
        ] as [(JSONValue, String, String)]
    )
    func aRowKeepsWholeCharacters(_ value: JSONValue, _ sql: String, _ kept: String) throws {
        #expect(try setting(value).part(of: sql) == kept)
    }

    /// A character of combining marks, as long as the SQL may be.
    @Test func aLongCharacterIsCutWithin() throws {
        let sql = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(try setting(1000).part(of: sql).utf8.count == 999)
    }

    @Test(arguments: [("full", "full"), ("none", "none"), (0, "none"), ("2 KiB", "2.0 KiB")] as [(JSONValue, String)])
    func theSettingDescribesItself(_ value: JSONValue, _ text: String) throws {
        #expect(try setting(value).description == text)
    }

    @Test(arguments: ["", "masked", "1 page", true, .null, 1.5, -1] as [JSONValue])
    func anythingElseIsRefused(_ value: JSONValue) {
        #expect(throws: SettingsError.self) { try setting(value) }
    }
}
