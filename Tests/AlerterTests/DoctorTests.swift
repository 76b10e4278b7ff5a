import AWS
import Alerting
import Settings
import Slack
import Testing
import Time

@testable import Alerter

/// The decisions of `doctor`, each by values.
struct DoctorTests {
    private let now = Timestamp(dateAndTime: "2026-03-05 14:30:07") ?? .now

    @Test(arguments: ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"])
    func aStackWhoseLastChangeSucceededIsWell(_ status: String) {
        #expect(Finding.stack(status, name: "s").isWell)
    }

    @Test(arguments: [
        ("UPDATE_IN_PROGRESS", "wait"), ("UPDATE_ROLLBACK_COMPLETE", "describe-stack-events"),
        ("ROLLBACK_COMPLETE", "describe-stack-events"), ("DELETE_FAILED", "describe-stack-events"),
    ])
    func anyOtherStackIsNot(_ status: String, _ advice: String) {
        let finding = Finding.stack(status, name: "s")
        #expect(!finding.isWell && finding.words.contains(status) && finding.advice?.contains(advice) == true)
    }

    @Test func versionsAreCompared() {
        #expect(Finding.version(ofStack: "1.2.3", program: "1.2.3").isWell)
        #expect(Finding.version(ofStack: "1.2.2", program: "1.2.3").words.contains("1.2.2"))
        #expect(!Finding.version(ofStack: nil, program: "1.2.3").isWell)
    }

    private func trail(_ status: Trails.Status?, isOfStack: Bool = true) -> Finding {
        Finding.trail(status.map { [("arn:t", $0)] } ?? [], bucket: "b", isOfStack: isOfStack, now: now)
    }

    @Test func aTrailThatDeliversIsWell() {
        let status = Trails.Status(isLogging: true, lastDelivery: now - .seconds(300), error: nil)
        #expect(trail(status) == .well("trail", "the last log file came 5 minutes ago"))
    }

    @Test func aTrailThatStoppedSaysSo() {
        let finding = trail(Trails.Status(isLogging: false, lastDelivery: now, error: nil))
        #expect(finding.advice == "aws cloudtrail start-logging --name arn:t")
    }

    @Test func aTrailThatCannotWriteShowsItsError() {
        let finding = trail(Trails.Status(isLogging: true, lastDelivery: now, error: "AccessDenied"))
        #expect(finding.words.contains("AccessDenied") && finding.advice?.contains("CloudtrailLogsPolicy") == true)
    }

    @Test func aSilentTrailSaysSinceWhen() {
        let old = trail(Trails.Status(isLogging: true, lastDelivery: now - .seconds(3 * 3600 + 1), error: nil))
        #expect(!old.isWell && old.words.contains("2026-03-05T11:30:06Z"))
        #expect(
            trail(Trails.Status(isLogging: true, lastDelivery: nil, error: nil)).words == "there is no log file yet"
        )
    }

    @Test func aMissingTrailIsAFaultOnlyOfItsOwnStack() {
        #expect(!trail(nil).isWell)
        #expect(trail(nil, isOfStack: false).isWell)
    }

    @Test(arguments: [
        (S3.Notification(receivers: ["arn:f"], isToEventBridge: false), false, true),
        (S3.Notification(receivers: ["arn:topic"], isToEventBridge: false), false, true),
        (S3.Notification(receivers: [], isToEventBridge: true), false, true),
        (S3.Notification(receivers: [], isToEventBridge: false), true, true),
        (S3.Notification(receivers: [], isToEventBridge: false), false, false),
    ])
    func somebodyMustHearOfLogFiles(_ notification: S3.Notification, hasTopic: Bool, isWell: Bool) {
        let finding = Finding.logFiles(notification, bucket: "b", function: "arn:f", trailHasTopic: hasTopic)
        #expect(finding.isWell == isWell)
    }

    @Test(arguments: [
        (DynamoDB.Description(status: "ACTIVE", indexes: ["open-queries": "ACTIVE"]), true),
        (DynamoDB.Description(status: "ACTIVE", indexes: ["open-queries": "CREATING"]), false),
        (DynamoDB.Description(status: "ACTIVE", indexes: [:]), false),
        (DynamoDB.Description(status: "UPDATING", indexes: ["open-queries": "ACTIVE"]), false),
    ])
    func aTableNeedsItsIndex(_ table: DynamoDB.Description, isWell: Bool) {
        #expect(Finding.table("t", table).isWell == isWell)
    }

    private func health(_ change: (inout FunctionHealth) -> Void, state: String = "Active") -> Finding {
        let configuration = Lambda.Configuration(
            arn: "arn:f",
            state: state,
            lastUpdate: "Successful",
            logGroup: "/g",
            megabytes: 256
        )
        var health = FunctionHealth(handler: "usage_update", configuration: configuration, isAlwaysAtWork: true)
        health.invocations = 1440
        change(&health)
        return health.finding
    }

    @Test func aFunctionThatWorksIsWell() {
        #expect(health { _ in }.words == "1440 invocations in a day")
        let earlier = health { $0.errors = 3 }
        #expect(earlier.isWell && earlier.words.contains("3 of them failed, none in the last hour"))
    }

    @Test func aFunctionThatFailsSaysWhy() {
        let finding = health {
            $0.errorsOfLastHour = 2
            $0.lastError = #"{"level":"ERROR","message":"no such table"}"#
        }
        #expect(finding.words == "2 invocations failed in the last hour: no such table" && !finding.isWell)
    }

    @Test func aFunctionThatIsNeverInvokedIsNotWell() {
        #expect(!health { $0.invocations = 0 }.isWell)
    }

    @Test func aFunctionShortOfMemorySaysWhichVariableHelps() {
        let report = { (used: Int) in #"{"type":"platform.report","record":{"metrics":{"maxMemoryUsedMB":\#(used)}}}"# }
        #expect(health { $0.lastReport = report(230) }.isWell)
        let finding = health { $0.lastReport = report(240) }
        #expect(finding.words == "it used 240 of 256 MB")
        #expect(finding.advice?.contains("USAGE_UPDATE_MEMORY=512") == true)
    }

    @Test func aFunctionThatCannotRunIsNotWell() {
        #expect(!health({ _ in }, state: "Failed").isWell)
    }

    @Test func sumsThatDifferAreNamed() {
        #expect(MetricSums.finding { _, _ in 0 }.isWell)
        let finding = MetricSums.finding { $1 == "Records" ? 5 : $1 == "RecordsOfOthers" ? 4 : 0 }
        #expect(finding.words == "cloudtrail_handler: Records is 5, its parts are 4")
    }

    @Test(arguments: [
        ("ssm:/athena-alerter/token", true), ("ssm:athena-alerter/token", true), ("ssm:/other/token", false),
        ("secretsmanager:athena-alerter", true), ("secretsmanager:other", false),
        ("secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:athena-alerter-AbCdEf#token", true),
        ("xoxb-1", true),
    ])
    func theRoleMustBeAbleToReadTheSecret(_ text: String, isWell: Bool) throws {
        let secret = try Secret(text, key: "k")
        let finding = Finding.access(to: secret, key: "k", parameters: "athena-alerter/*", secrets: "athena-alerter*")
        #expect(finding.isWell == isWell)
    }

    @Test func aTokenNeedsItsScopes() {
        let all = ["chat:write", "im:write", "users:read", "users:read.email", "channels:read"]
        #expect(Finding.slack(.init(team: "t", user: "u", scopes: all)).isWell)
        #expect(Finding.slack(.init(team: "t", user: "u", scopes: nil)).isWell)
        let lacking = Finding.slack(.init(team: "t", user: "u", scopes: ["chat:write", "users:read"]))
        #expect(lacking.words == "the token lacks the scopes im:write, users:read.email")
    }

    @Test func peopleWhomSlackDoesNotKnowAreNamed() {
        #expect(Finding.people(found: [], missing: []).isWell)
        #expect(Finding.people(found: ["ada"], missing: []).isWell)
        #expect(Finding.people(found: ["ada"], missing: ["etl"]).words == "1 of 2 are not known to Slack: etl")
    }

    @Test func oldPricesAreAFault() {
        func prices(_ settings: AlerterSettings, in year: Int) -> Finding {
            let now = Timestamp(dateAndTime: "\(year)-12-01 00:00:00") ?? now
            return Finding.prices(region: "eu-west-1", settings: settings, now: now)
        }
        var settings = AlerterSettings()
        #expect(prices(settings, in: 2026).isWell)
        #expect(prices(settings, in: 2099).advice?.contains(#""prices": {"eu-west-1": 5}"#) == true)
        // The advice helps, and only where it was followed.
        settings.prices = ["us-east-1": 5]
        #expect(!prices(settings, in: 2099).isWell)
        settings.prices = ["eu-west-1": 5]
        #expect(prices(settings, in: 2099).isWell)
    }

    @Test func controlCharactersDoNotReachTheTerminal() {
        #expect(Finding.ill("a", "b\u{1B}[2J", "c\n").text.unicodeScalars.filter { $0 == "\u{1B}" }.isEmpty)
    }
}
