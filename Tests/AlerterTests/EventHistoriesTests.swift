import AWS
import Alerting
import CloudTrail
import GzipFixture
import HTTP
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// Histories of queries whose events come in any order, early, late, twice or not at all. The log files and the minute's
/// ticks come always, and the same alerts go out in each history.
@Suite struct EventHistoriesTests {
    @Test(arguments: History.Delivery.allCases)
    func theSameAlertsGoOutOnceWhateverBecomesOfTheEvents(_ delivery: History.Delivery) throws {
        for seed in 0..<200 {
            let history = try History(seed: UInt64(seed), delivery)
            try history.run()
            #expect(history.alerts == History.expectedAlerts, "\(delivery), seed \(seed)")
            #expect(history.store.openCount == 0 && history.returnedEvents == 0, "\(delivery), seed \(seed)")
            #expect(history.mostReceives <= 4, "\(delivery), seed \(seed)")
        }
    }
}

/// One order of events for some queries, over the three handlers and fakes of what they call.
final class History {
    /// The share of the events that arrive.
    enum Delivery: CaseIterable {
        case all
        case half
        case none
    }

    /// The queries, and the bytes that they scan: two alert, one does not.
    private static let queries: [(id: String, scanned: Int64)] = [("q-large", 2048), ("q-small", 1), ("q-other", 4096)]
    static let expectedAlerts = ["q-large channel", "q-large user", "q-other channel", "q-other user"]
    private static let minute = 60.0
    private static let lastMinute = 20

    private enum Step {
        case startEvent(String)
        case endEvent(String, receiveCount: Int)
        case file
        case ending(String)
        case tick
    }

    let store = FakeStore()
    private(set) var returnedEvents = 0
    private(set) var mostReceives = 0
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let notifier = FakeNotifier()
    private let bucket = FakeBucket()
    private let starts: CloudTrailHandler
    private let updates: [UsageUpdate]
    private let notification: NotificationHandler
    private var random: SplitMix
    private var steps: [(time: Double, step: Step)] = []
    private var sentCount = 0

    init(seed: UInt64, _ delivery: Delivery) throws {
        random = SplitMix(state: seed)
        starts = CloudTrailHandler(s3: bucket, table: store)
        let services = UsageUpdateInvocation.Services(
            athena: athena,
            sqs: queue,
            queueURL: "q",
            table: store,
            price: Price(perTB: 5),
            events: (queue, "events")
        )
        updates = [UsageUpdate(services), UsageUpdate(services)]
        var settings = AlerterSettings()
        let threshold = Threshold.size(ByteSize(bytes: 1024))
        settings.thresholds = .init(user: threshold, channel: threshold)
        let records = FakeRecords()
        notification = NotificationHandler(
            records: records,
            days: FakeDays(records),
            settings: settings,
            price: Price(perTB: 5),
            notifiers: [notifier]
        )
        bucket.files = [
            "f.json.gz": gzip(
                Array(#"{"Records":[\#(Self.queries.map { Self.record($0.id) }.joined(separator: ","))]}"#.utf8)
            )
        ]
        plan(delivery)
    }

    /// The targets that heard of each query, in order; one that heard twice is there twice.
    var alerts: [String] { zip(notifier.queries, notifier.delivered).map { "\($0.key.executionID) \($1)" }.sorted() }

    func run() throws {
        while let index = steps.indices.min(by: { steps[$0].time < steps[$1].time }) {
            let (time, step) = steps.remove(at: index)
            try take(step, at: time)
            try notify()
        }
    }

    private func plan(_ delivery: Delivery) {
        for (id, _) in Self.queries {
            set(id, "RUNNING")
            let end = time(upTo: 5)
            steps.append((end, .ending(id)))
            // Events may come before what they tell of is known elsewhere, and long after.
            for step in [Step.startEvent(id), .endEvent(id, receiveCount: 1)] where arrives(delivery) {
                for _ in 0...Int.random(in: 0...1, using: &random) { steps.append((time(upTo: 12), step)) }
            }
        }
        for _ in 0...Int.random(in: 0...1, using: &random) { steps.append((time(upTo: 15), .file)) }
        for minute in 1...Self.lastMinute { steps.append((Double(minute) * Self.minute, .tick)) }
    }

    private func time(upTo minutes: Double) -> Double { Double.random(in: 0..<minutes * Self.minute, using: &random) }

    private func arrives(_ delivery: Delivery) -> Bool {
        switch delivery {
        case .all: true
        case .half: Bool.random(using: &random)
        case .none: false
        }
    }

    private func take(_ step: Step, at time: Double) throws {
        switch step {
        case .ending(let id): set(id, "SUCCEEDED")
        case .file: _ = try starts.handle(["Records": [Self.file]], context())
        case .startEvent(let id):
            _ = try starts.handle(Self.event("AWS API Call via CloudTrail", Self.parsed(Self.record(id))), context())
        case .tick: _ = try update(with: .null)
        case .endEvent(let id, let receiveCount):
            mostReceives = max(mostReceives, receiveCount)
            let answer = try update(with: Self.batch(id, receiveCount))
            guard answer["batchItemFailures"]?.array?.isEmpty == false, let delay = queue.delays.last else { return }
            guard time < Double(Self.lastMinute) * Self.minute else { return returnedEvents += 1 }
            steps.append((time + Double(delay.seconds), .endEvent(id, receiveCount: receiveCount + 1)))
        }
    }

    /// Runs `usage_update`, sometimes with another run between the messages and the closing of the rows.
    private func update(with event: JSONValue) throws -> JSONValue {
        if Int.random(in: 0..<4, using: &random) == 0 {
            let other = updates[1]
            store.beforeClosing = { [weak other] in _ = try? other?.handle(.null, context()) }
        }
        return try updates[0].handle(event, context())
    }

    /// Delivers the new messages, some of them twice.
    private func notify() throws {
        let messages = queue.messages.dropFirst(sentCount)
        sentCount = queue.messages.count
        for message in messages {
            for _ in 0...Int.random(in: 0...1, using: &random) {
                let record: JSONValue = ["messageId": "m", "body": .string(message)]
                let answer = try notification.handle(["Records": [record]], context())
                #expect(answer["batchItemFailures"]?.array?.isEmpty == true)
            }
        }
    }

    private func set(_ id: String, _ state: String) {
        let scanned = Self.queries.first { $0.id == id }?.scanned ?? 0
        athena.documents[id] = [
            "QueryExecutionId": .string(id), "Query": "select 1",
            "Status": ["State": .string(state), "SubmissionDateTime": 1.5],
            "Statistics": ["DataScannedInBytes": .integer(scanned)],
        ]
    }

    private static let startTime = Timestamp.now - .seconds(1200)

    private static func record(_ id: String) -> String {
        #"{"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","recipientAccountId":"1","#
            + #""eventTime":"\#(startTime.iso8601)","responseElements":{"queryExecutionId":"\#(id)"}}"#
    }

    private static func parsed(_ text: String) -> JSONValue { (try? JSONValue(parsing: text.utf8)) ?? .null }

    private static let file: JSONValue = [
        "eventName": "ObjectCreated:Put", "s3": ["bucket": ["name": "b"], "object": ["key": "f.json.gz", "size": 1]],
    ]

    private static func event(_ kind: String, _ detail: JSONValue) -> JSONValue {
        ["source": "aws.athena", "detail-type": .string(kind), "account": "1", "detail": detail]
    }

    private static func batch(_ id: String, _ receiveCount: Int) -> JSONValue {
        let detail: JSONValue = ["currentState": "SUCCEEDED", "queryExecutionId": .string(id)]
        let record: JSONValue = [
            "messageId": .string(id), "receiptHandle": .string("handle of \(id)"), "eventSource": "aws:sqs",
            "attributes": ["ApproximateReceiveCount": .string("\(receiveCount)")],
            "body": .string(event("Athena Query State Change", detail).serialized()),
        ]
        return ["Records": [record]]
    }
}

/// The queries table in memory, from the starts to the closed rows.
final class FakeStore: OpenQueries, StartRows {
    private var rows: [String: (row: OpenQuery, isOpen: Bool)] = [:]
    /// Runs once before rows are closed.
    var beforeClosing: (() -> Void)?

    var openCount: Int { rows.values.count { $0.isOpen } }

    func insert(_ starts: [QueryStart], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        starts.map { start in
            let key = start.key
            guard rows[key.startKey] == nil else { return .success(.conditionFailed) }
            rows[key.startKey] = OpenQuery(Item(key)).map { ($0, true) }
            return .success(.written)
        }
    }

    func note(_ stops: [QueryStop], before deadline: Deadline) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        stops.map { _ in .success(.written) }
    }

    func stoppers(of executionIDs: Set<String>, before deadline: Deadline) throws(AWSError) -> [String: String] { [:] }

    func openQueries(
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [OpenQuery], next: Item?) {
        (rows.values.filter(\.isOpen).map(\.row).sorted { $0.key.startKey < $1.key.startKey }, nil)
    }

    func earlierRow(of key: QueryKey, since time: Timestamp, before deadline: Deadline) throws(AWSError) -> String? {
        nil
    }

    func markStopped(
        _ key: QueryKey,
        at bound: String?,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome {
        .written
    }

    func stopBounds(of keys: [QueryKey], before deadline: Deadline) throws(AWSError) -> [QueryKey: String] { [:] }

    func markWarned(
        _ warnings: [(key: QueryKey, targets: Set<AlertTarget>)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        warnings.map { _ in .success(.written) }
    }

    func close(
        _ closings: [(key: QueryKey, closing: RowClosing)],
        before deadline: Deadline
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        let other = beforeClosing
        beforeClosing = nil
        if !closings.isEmpty { other?() }
        return closings.map { key, _ in
            guard rows[key.startKey]?.isOpen == true else { return .success(.conditionFailed) }
            rows[key.startKey]?.isOpen = false
            return .success(.written)
        }
    }
}

/// Random numbers that are the same in each run (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
