import JSON
import Settings
import Testing

@Suite struct SectionTests {
    private func section(_ text: String, key: String = "a.b") throws -> Section {
        Section(key: key, value: try JSONValue(parsing: text.utf8))
    }

    private func problem(_ read: () throws(SettingsError) -> Void) -> String? {
        do throws(SettingsError) {
            try read()
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: - Members

    @Test func membersAreReadInTheirOrderWithTheirPath() throws {
        let file = try Section(file: #"{"slack":{"channel":"c","bot":{"token":"t"}}}"#.utf8)
        var keys: [String] = []
        try file.read { name, slack throws(SettingsError) in
            keys.append("\(name) \(slack.key)")
            try slack.read { name, value throws(SettingsError) in
                keys.append("\(name) \(value.key)")
                return true
            }
            return true
        }
        #expect(keys == ["slack slack", "channel slack.channel", "bot slack.bot"])
    }

    @Test(arguments: [
        (#"{"x":1}"#, "settings: x: there is no such setting"),
        (#"{"slack":{"x":1}}"#, "settings: slack.x: there is no such setting"),
        (#"{"slack":5}"#, "settings: slack: expected an object, found a number"),
        ("[]", "settings: expected an object, found an array"),
    ])
    func anUnknownMemberIsRefusedWithItsPath(_ text: String, _ expected: String) throws {
        let file = try Section(file: text.utf8)
        let problem = problem { () throws(SettingsError) in
            try file.read { name, value throws(SettingsError) in
                guard name == "slack" else { return false }
                try value.read { name, _ throws(SettingsError) in name == "channel" }
                return true
            }
        }
        #expect(problem == expected)
    }

    @Test func nullCountsAsLeftOut() throws {
        var names: [String] = []
        try section(#"{"known":null,"unknown":null,"set":0}"#).read { name, _ throws(SettingsError) in
            names.append(name)
            return true
        }
        #expect(names == ["set"])
    }

    @Test func aFileThatIsNotJSONIsRefusedWithThePlace() {
        let error = #expect(throws: SettingsError.self) { try Section(file: #"{"a":}"#.utf8) }
        #expect(error?.description == "settings: not valid JSON: line 1, column 6: unexpected '}'")
    }

    @Test(arguments: [#"{"slack":{"bot_token":"hush" "channel":"a"}}"#, #""hush"#, "hush", ""])
    func anErrorNeverShowsAFileThatIsNotJSON(_ text: String) throws {
        let problem = try #require(problem { () throws(SettingsError) in _ = try Section(file: text.utf8) })
        #expect(problem.hasPrefix("settings: not valid JSON: line 1, column ") && !problem.contains("hush"))
    }

    // MARK: - Values

    @Test func valuesAreRead() throws {
        #expect(try section(#""x""#).text() == "x")
        #expect(try section("true").flag() && !section("false").flag())
        #expect(try section("15").wholeNumber(in: 15...20) == 15 && section("20").wholeNumber(in: 15...20) == 20)
        #expect(try section(#"{"ada":"U1","bob":null}"#).texts() == ["ada": "U1"])
        #expect(try section(#""ssm:/t""#).secret() == .parameter("/t"))
    }

    @Test(arguments: [
        (#""""#, "an empty text"), ("5", "5"), ("1.5", "1.5"), ("true", "true"), ("[1]", "an array"),
        ("{}", "an object"), ("null", "null"),
    ])
    func aTextThatIsNoneShowsTheValue(_ text: String, _ found: String) throws {
        let section = try section(text)
        let problem = problem { () throws(SettingsError) in _ = try section.text() }
        #expect(problem == "settings: a.b: expected a text that is not empty, found \(found)")
    }

    @Test(arguments: [(#""yes""#, #""yes""#), ("1", "1"), (#""""#, "an empty text")])
    func aFlagThatIsNoneShowsTheValue(_ text: String, _ found: String) throws {
        let section = try section(text)
        let problem = problem { () throws(SettingsError) in _ = try section.flag() }
        #expect(problem == "settings: a.b: expected true or false, found \(found)")
    }

    @Test(arguments: [("14", "14"), ("21", "21"), ("15.5", "15.5"), (#""15""#, #""15""#)])
    func aNumberOutsideOfTheRangeShowsTheValue(_ text: String, _ found: String) throws {
        let section = try section(text)
        let problem = problem { () throws(SettingsError) in _ = try section.wholeNumber(in: 15...20) }
        #expect(problem == "settings: a.b: expected a whole number from 15 to 20, found \(found)")
    }

    @Test func aLongValueIsCutInTheError() throws {
        let section = try section("\"\(String(repeating: "x", count: 1000))\"")
        let problem = problem { () throws(SettingsError) in _ = try section.flag() }
        #expect(problem == "settings: a.b: expected true or false, found \"\(String(repeating: "x", count: 59))…")
    }

    @Test(arguments: ["12345", "[\"hush\"]", "{\"hush\":1}", "\"hush hush\"", "\"\"", "true"])
    func anErrorNeverShowsASecret(_ text: String) throws {
        let section = try section(text)
        let problem = try #require(problem { () throws(SettingsError) in _ = try section.secret() })
        #expect(problem.hasPrefix("settings: a.b: expected "))
        #expect(!problem.contains("hush") && !problem.contains("12345"))
    }
}
