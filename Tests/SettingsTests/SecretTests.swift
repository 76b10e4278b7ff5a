import Settings
import Testing

@Suite struct SecretTests {
    @Test(
        arguments: [
            ("xoxb-1", .literal("xoxb-1")), (" xoxb-1\n", .literal("xoxb-1")), ("SSM:/t", .literal("SSM:/t")),
            ("ssm:/alerter/token", .parameter("/alerter/token")),
            ("secretsmanager:slack", .secret(id: "slack", member: nil)),
            ("secretsmanager:slack#bot_token", .secret(id: "slack", member: "bot_token")),
            ("secretsmanager:slack#a#b", .secret(id: "slack", member: "a#b")),
            ("secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:s#m", .secret(id: Self.arn, member: "m")),
        ] as [(String, Secret)]
    )
    func aTextIsASecretOrItsPlace(_ text: String, _ secret: Secret) throws {
        #expect(try Secret(text, key: "slack.bot_token") == secret)
    }

    private static let arn = "arn:aws:secretsmanager:eu-west-1:1:secret:s"

    @Test(arguments: ["ssm:", "secretsmanager:", "secretsmanager:#"])
    func aPlaceWithoutANameIsRefused(_ text: String) {
        let error = #expect(throws: SettingsError.self) { try Secret(text, key: "slack.bot_token") }
        #expect(
            error?.description == "settings: slack.bot_token: expected a name after the colon, found '\(text)'"
        )
    }

    @Test(arguments: ["hush hush", "hush\nhush", "", " \n"])
    func aLiteralThatIsNotOneWordIsRefusedAndNotShown(_ text: String) {
        let error = #expect(throws: SettingsError.self) { try Secret(text, key: "k") }
        #expect(error?.description == "settings: k: expected one word without spaces")
    }

    @Test(arguments: [
        ("hush", "in the file"), ("ssm:/t", "ssm:/t"), ("secretsmanager:s", "secretsmanager:s"),
        ("secretsmanager:s#m", "secretsmanager:s#m"),
    ])
    func thePlaceIsWrittenAsInTheSettings(_ text: String, _ place: String) throws {
        #expect(try Secret(text, key: "k").place == place)
    }
}
