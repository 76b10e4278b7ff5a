import JSON
import Slack
import Testing

@Suite struct BlocksTests {
    @Test func nothingInATextIsAMentionOrALink() {
        #expect(
            Mrkdwn.escaped("<!channel> <@U1> <https://x|y> &lt;")
                == "&lt;!channel&gt; &lt;@U1&gt; &lt;https://x|y&gt; &amp;lt;"
        )
    }

    @Test func nothingInATextBeginsABlockOfCode() {
        for count in 1...9 {
            // The last two join the backtick beside them to one of Swift's characters.
            for (before, after) in [("a", "b"), ("\u{600}", "b"), ("a", "\u{301}")] {
                let escaped = Mrkdwn.escaped(before + String(repeating: "`", count: count) + after)
                #expect(!escaped.utf8.map { $0 }.contains("``".utf8.map { $0 }))
            }
        }
    }

    @Test func codeCannotLeaveItsBlock() {
        let code = Mrkdwn.code("select 1 ```<!here>``````", limit: 3000)
        #expect(code.hasPrefix("```") && code.hasSuffix("```"))
        #expect(!code.dropFirst(3).dropLast(3).contains("```"))
        #expect(!code.contains("<"))
    }

    @Test(arguments: 1...9)
    func noRunOfBackticksEndsACodeBlock(_ count: Int) {
        let run = String(repeating: "`", count: count)
        for text in [run, "a\(run)", "\(run)b", "a\(run)b"] {
            #expect(!Mrkdwn.code(text, limit: 3000).dropFirst(3).dropLast(3).contains("```"))
            #expect(Mrkdwn.code(text, limit: 3000).hasSuffix("\n```"))
        }
    }

    @Test func onlyAnEntityAtTheEndIsCutWhole() {
        #expect(Mrkdwn.cut("R&D " + String(repeating: "x", count: 3000), to: 3000).count == 3000)
        #expect(Mrkdwn.cut(String(repeating: "x", count: 10) + "&amp;yyyy", to: 14) == "xxxxxxxxxx…")
    }

    @Test(arguments: ["é", "&", "😀", "<", "`", "e\u{301}"])
    func everyLimitHoldsAfterEscaping(_ character: String) throws {
        let long = String(repeating: character, count: 20_000)
        let blocks: [(Block, Int)] = [
            (.section(Mrkdwn.escaped(long)), 3000), (.code(long), 3000), (.context(Mrkdwn.escaped(long)), 2000),
            (.fields([Mrkdwn.escaped(long)]), 2000),
        ]
        for (block, limit) in blocks {
            let json = try #require(block.json)
            let text = try #require(
                json["text"]?["text"]?.string ?? json["elements"]?.array?[0]["text"]?.string
                    ?? json["fields"]?.array?[0]["text"]?.string
            )
            #expect(text.utf16.count <= limit && text.utf16.count > limit / 2)
            #expect(!text.replacing("&amp;", with: "").replacing("&lt;", with: "").contains("&"))
        }
    }

    @Test func emptyBlocksAreLeftOut() {
        #expect(Block.section("").json == nil)
        #expect(Block.fields(["", ""]).json == nil)
        #expect(Block.code("").json == nil)
    }

    @Test func noMoreThanTenFieldsAreSent() {
        #expect(Block.fields((0..<20).map { "\($0)" }).json?["fields"]?.array?.count == 10)
    }
}
