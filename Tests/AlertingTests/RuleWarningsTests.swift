import Settings
import Testing

@testable import Alerting

/// The rules of which `athena-alerter check` says that they can never matter.
@Suite struct RuleWarningsTests {
    private func warnings(_ rules: String) throws -> [String] {
        try Rules(Section(file: rules.utf8)).warnings
    }

    @Test(arguments: [
        (#"[{"match":{"user":"a"}}]"#, 0, "it has no effect"),
        (#"[{"match":{"user":"a"},"thresholds":{}}]"#, 0, "it has no effect"),
        (#"[{"match":{"user_type":"human"},"ignore":true}]"#, 0, "the values of user_type are person, role"),
        (#"[{"match":{"user_source":["claim","sql"]},"ignore":true}]"#, 0, "the values of user_source are"),
        // The same rule again, and one about more queries.
        (#"[{"match":{"user":"a"},"channel":"a"},{"match":{"user":"A"},"channel":"b"}]"#, 0, "replaced by rules[1]"),
        (#"[{"match":{"user":"a"},"channel":"a"},{"match":{},"channel":"b"}]"#, 0, "replaced by rules[1]"),
        (
            #"[{"match":{"user":["a-1","a-2"],"role":"r"},"notify":false},{"match":{"user":"a-*"},"notify":"a@b.c"}]"#,
            0, "replaced by rules[1]"
        ),
        (
            #"""
            [{"match":{"user":"a"},"channel":"a","notify":false},{"match":{"user":"*"},"channel":"b"},
            {"match":{"user":"a"},"notify":"a@b.c"}]
            """#, 0, "replaced by rules[1], rules[2]"
        ),
        // What is ignored anyway.
        (#"[{"match":{"user":"a"},"channel":"a"},{"match":{},"ignore":true}]"#, 0, "rules[1] ignores every query"),
        (
            #"[{"match":{"role":"*"},"ignore":true},{"match":{"role":"e?"},"notify":false}]"#, 1,
            "rules[0] ignores every"
        ),
        (#"[{"match":{"user":"a"},"ignore":true},{"match":{"user":"a"},"ignore":true}]"#, 0, "rules[1] ignores every"),
    ])
    func aRuleThatCanNeverMatterIsNamed(_ rules: String, _ index: Int, _ reason: String) throws {
        let warnings = try warnings(rules)
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("rules[\(index)] can never matter: ") == true)
        #expect(warnings.first?.contains(reason) == true, "\(warnings)")
    }

    @Test(arguments: [
        #"[{"match":{"user":"a"},"channel":"a"},{"match":{"user":"b"},"channel":"b"}]"#,
        // A later rule that is about fewer queries, or that says less.
        #"[{"match":{"user":"a*"},"channel":"a"},{"match":{"user":"a?"},"channel":"b"}]"#,
        #"[{"match":{"user":"a*"},"channel":"a"},{"match":{"user":"a"},"channel":"b"}]"#,
        #"[{"match":{"user":"a"},"channel":"a","notify":false},{"match":{},"channel":"b"}]"#,
        #"[{"match":{"user":"a"},"channel":"a"},{"match":{"user":"a","role":"r"},"channel":"b"}]"#,
        // A query without a role never fits, so the second is not about every query.
        #"[{"match":{"user":"a"},"channel":"a"},{"match":{"role":"*"},"channel":"b"}]"#,
        #"[{"match":{"user":"a"},"thresholds":{"user":1}},{"match":{},"thresholds":{"channel":1}}]"#,
        // An exception of what is ignored.
        #"[{"match":{"user":"a"},"channel":"a"},{"match":{},"ignore":true},{"match":{"user":"a"},"ignore":false}]"#,
        #"[{"match":{},"ignore":true},{"match":{"user":"a"},"ignore":false,"channel":"a"}]"#,
        #"[{"match":{"user_type":["human","rol?"]},"ignore":true}]"#,
    ])
    func aRuleThatMayMatterIsNot(_ rules: String) throws {
        #expect(try warnings(rules).isEmpty)
    }

    @Test(arguments: [
        ("a*", "a*", true), ("*", "a?", true), ("a?", "ab", true), ("a?", "a?", true), ("?", "*", false),
        ("a*b", "a*c*b", true), ("a*c*b", "a*b", false), ("a", "?", false), ("*", "*", true), ("a*", "*a", false),
    ])
    func aPatternCoversAnother(_ wide: String, _ narrow: String, _ isCovered: Bool) {
        #expect(Wildcard(wide).covers(Wildcard(narrow)) == isCovered)
    }
}
