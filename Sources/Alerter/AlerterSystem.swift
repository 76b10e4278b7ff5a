import AWS
package import Alerting
package import Assembly
import Commands
import LambdaRuntime
package import Settings
import Slack
import System
import Web

/// The alerter: handlers that tell people what their queries scanned and cost.
package struct AlerterSystem: HouseSystem {
    private enum Handler: String, CaseIterable {
        case cloudTrail = "cloudtrail_handler"
        case usageUpdate = "usage_update"
        case notification
        case report
        case reportPage = "report_page"
    }

    /// The settings.
    package private(set) var settings = AlerterSettings()

    /// Creates the alerter with the settings of an empty file.
    package init() {}

    package static var handlerNames: [String] { Handler.allCases.map(\.rawValue) }

    package mutating func read(_ name: String, _ value: Section) throws(SettingsError) -> Bool {
        try settings.read(name, value, timeZones: TimeZoneFiles.zone)
    }

    package func handler(named name: String, in phase: InitPhase) throws -> AssembledHandler {
        switch Handler(rawValue: name) {
        case .cloudTrail:
            return AssembledHandler(
                CloudTrailHandler(s3: S3(phase.aws), table: try table(in: phase)),
                calling: [.dynamoDB]
            )
        case .usageUpdate:
            let sqs = SQS(phase.aws)
            let athena = Athena(phase.aws)
            let services = UsageUpdateInvocation.Services(
                athena: athena,
                sqs: sqs,
                queueURL: try phase.required(settings.queueURL, "sqs_queue_url", variable: "SQS_QUEUE_URL"),
                table: try table(in: phase),
                price: price,
                running: settings.running,
                stopper: phase.environment["ALLOW_STOP"] == "true" ? athena : nil,
                people: settings.people,
                directory: try directory(in: phase),
                events: phase.environment["EVENT_QUEUE_URL"].map { (sqs, $0) }
            )
            return AssembledHandler(UsageUpdate(services), calling: [.dynamoDB, .athena, .sqs])
        case .notification:
            return AssembledHandler(try notificationHandler(in: phase), calling: [.dynamoDB])
        case .report:
            let history = HistoryBucket(s3: S3(phase.aws), name: try phase.required("HISTORY_BUCKET"))
            var handler = ReportHandler(table: try table(in: phase), history: history, settings: settings.reports)
            handler.budgets = try budgetReading(in: phase)
            try addSummaries(to: &handler, in: phase)
            return AssembledHandler(handler, calling: [.dynamoDB])
        case .reportPage:
            let history = HistoryBucket(s3: S3(phase.aws), name: try phase.required("HISTORY_BUCKET"))
            guard let link = try pageLink(in: phase) else {
                throw HandlerError.misconfigured("reports.link_secret is not set")
            }
            return AssembledHandler(PageHandler(link: link, history: history), calling: [])
        case nil:
            throw HandlerError.misconfigured("the alerter has no handler '\(name)'")
        }
    }

    var price: Price { Price(perTB: settings.pricePerTB, regional: settings.prices) }

    /// The queries table.
    func table(in phase: InitPhase) throws(HandlerError) -> QueriesTable {
        QueriesTable(
            DynamoDB(phase.aws),
            name: try tableName(in: phase),
            retentionDays: settings.retentionDays,
            sql: settings.storedSQL
        )
    }

    func tableName(in phase: InitPhase) throws(HandlerError) -> String {
        try phase.required(settings.queriesTable, "queries_table", variable: "QUERIES_TABLE")
    }

    /// The directory of Identity Center's users; nil unless the environment names one.
    private func directory(in phase: InitPhase) throws(HandlerError) -> DirectoryNames? {
        guard let id = phase.environment["IDENTITY_STORE_ID"] else { return nil }
        let region = phase.environment["IDENTITY_STORE_REGION"]
        if let region, !EndpointResolver.isRegion(region) {
            throw HandlerError.misconfigured("IDENTITY_STORE_REGION is '\(region)', which is not a region")
        }
        return DirectoryNames(IdentityStore(phase.aws, id: id, region: region))
    }

    private func notificationHandler(in phase: InitPhase) throws -> NotificationHandler {
        let dynamoDB = DynamoDB(phase.aws)
        let table = try tableName(in: phase)
        let alerts = AlertLedger(dynamoDB, table: table, retentionDays: settings.retentionDays)
        let hints = try hints(in: phase)
        let slack = try slack(in: phase, hints: hints)
        let handler = NotificationHandler(
            records: alerts,
            days: DayLedger(dynamoDB, table: table),
            settings: settings,
            price: price,
            notifiers: [slack]
        )
        handler.hints = hints
        if !settings.budgets.isEmpty {
            handler.budgets = BudgetWatch(settings: settings, records: try budgetLedger(in: phase), notifier: slack)
        }
        return handler
    }

    /// The sums of the budgets.
    func budgetLedger(in phase: InitPhase) throws(HandlerError) -> BudgetLedger {
        let dynamoDB = DynamoDB(phase.aws)
        let table = try tableName(in: phase)
        let alerts = AlertLedger(dynamoDB, table: table, retentionDays: settings.retentionDays)
        return BudgetLedger(dynamoDB, table: table, alerts: alerts)
    }

    /// The source of hints; nil unless the environment asks for them.
    private func hints(in phase: InitPhase) throws(HandlerError) -> HintSource? {
        switch phase.environment["HINTS"] {
        case nil, "false": return nil
        case "true":
            return HintSource(catalog: Glue(phase.aws), statistics: Athena(phase.aws), settings: settings.hints)
        case let other?: throw HandlerError.misconfigured("HINTS is '\(other)', which is neither true nor false")
        }
    }

    private func slack(in phase: InitPhase, hints: HintSource?) throws -> SlackNotifier {
        try settings.slack.requireAccess()
        let webhookKey = "slack.webhook_url"
        let webhook = try phase.text(of: settings.slack.webhookURL, key: webhookKey).map { text throws(SettingsError) in
            try AlerterSettings.Slack.requireConfidential(webhookURL: text)
            guard let url = URL(text) else { throw SettingsError(key: webhookKey, problem: "expected a URL") }
            return url
        }
        let access = SlackNotifier.Access(
            botToken: try phase.text(of: settings.slack.botToken, key: "slack.bot_token"),
            webhookURL: webhook
        )
        let client = try SlackClient(http: phase.http, api: phase.environment["SLACK_API_URL"])
        return SlackNotifier(client: client, access: access, settings: settings, hints: hints)
    }
}
