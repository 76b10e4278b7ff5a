import Testing

@testable import Alerting

@Suite struct WildcardTests {
    @Test(arguments: [
        ("etl", "etl", true), ("etl", "ETL", true), ("etl", "etl2", false), ("etl-*", "etl-", true),
        ("etl-*", "etl-nightly", true), ("*-etl", "nightly-etl", true), ("*-etl", "nightly-etl2", false),
        ("a*b*c", "a1b2b3c", true), ("a*b*c", "acb", false), ("?", "é", true), ("?", "", false), ("*", "", true),
        ("", "", true), ("", "a", false), ("a?c", "abc", true), ("**", "abc", true),
    ])
    func aStarIsAnyTextAndAQuestionMarkOneCharacter(_ pattern: String, _ text: String, _ isMatch: Bool) {
        #expect(Wildcard(pattern).matches(text) == isMatch)
    }

    @Test func manyStarsTakeNoLongerThanTheProductOfTheLengths() {
        let pattern = Wildcard(String(repeating: "a*", count: 50) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }
}
