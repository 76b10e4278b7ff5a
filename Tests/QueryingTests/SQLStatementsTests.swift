import Querying
import Testing

@Suite struct SQLStatementsTests {
    @Test(arguments: [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("SELECT 1; SELECT 2 ;", ["SELECT 1", " SELECT 2 "]),
        ("SELECT ';' AS \"a;b\", `c;d`; SELECT 'it''s;'", ["SELECT ';' AS \"a;b\", `c;d`", " SELECT 'it''s;'"]),
        ("SELECT 1 -- one; two\n; /* three; */ SELECT 2", ["SELECT 1 -- one; two\n", " /* three; */ SELECT 2"]),
        (" ; -- nothing\n ; /* nothing */", []),
        ("", []),
        ("SELECT 'open; text", ["SELECT 'open; text"]),
    ])
    func aScriptIsSplitAtItsOwnSemicolons(_ script: String, _ statements: [String]) {
        #expect(SQLStatements.split(script) == statements)
    }

    @Test func aLiteralHoldsWhateverIsInIt() {
        #expect(SQLStatements.literal("it's; --") == "'it''s; --'")
        #expect(SQLStatements.split("SELECT \(SQLStatements.literal("'; DROP TABLE a; --"))").count == 1)
        // Characters in which a quote is only a part, since the scalar before it or after it joins it.
        for joined in ["\u{600}'", "\u{110BD}'", "'\u{301}", "'\u{200D}", "\u{600}'\u{301}"] {
            let literal = SQLStatements.literal("\(joined); DROP TABLE a; --")
            #expect(literal.unicodeScalars.count { $0 == "'" } == 4)
            #expect(SQLStatements.split("SELECT \(literal)").count == 1)
        }
    }
}
