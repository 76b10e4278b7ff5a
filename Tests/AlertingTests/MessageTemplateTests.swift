import Alerting
import Testing

@Suite struct MessageTemplateTests {
    private func rendered(_ template: String) throws -> String {
        try MessageTemplate(template).rendered(
            value: { variable in
                switch variable {
                case .user: .text("a<b")
                case .dataScannedGB: .whole(1_234_567)
                case .dataScannedCost: .amount(2.5)
                default: .text(variable.rawValue)
                }
            },
            escape: { $0.replacing("<", with: "&lt;") }
        )
    }

    @Test(arguments: [
        ("plain", "plain"),
        ("", ""),
        ("<!here> {user}", "<!here> a&lt;b"),
        ("{data_scanned_gb} GB, ${data_scanned_cost}", "1234567 GB, $2.50"),
        (
            "{data_scanned_gb:,} {data_scanned_cost:.1f} {data_scanned_gb:,.2f} {data_scanned_gb:d}",
            "1,234,567 2.5 1,234,567.00 1234567"
        ),
        ("{{{query_id}}}", "{query_id}"),
        ("{{}}", "{}"),
    ])
    func aTemplateReadsAsInPython(_ template: String, _ text: String) throws {
        #expect(try rendered(template) == text)
    }

    @Test(arguments: ["{", "}", "{user", "user}", "{}", "{user!r}", "{user.name}", "{0}", "{user:>10}", "{User}"])
    func aTemplateThatCannotBeRenderedIsRefused(_ template: String) {
        #expect(throws: MessageTemplate.Mistake.self) { try MessageTemplate(template) }
    }

    @Test func aTemplateKnowsItsVariables() throws {
        #expect(try MessageTemplate("<@{slack_user_id}>").uses(.slackUserID))
        #expect(try !MessageTemplate("{{slack_user_id}}").uses(.slackUserID))
    }
}
