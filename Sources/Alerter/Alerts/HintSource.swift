import AWS
import Alerting
import JSON
import LambdaRuntime
import Querying
import Time

/// The catalog of tables, as hints need it.
protocol TableCatalog {
    func description(
        of table: String,
        in database: String,
        region: String?,
        before deadline: Deadline
    ) throws(AWSError) -> JSONValue?
}

/// Athena's measures and workgroups, as hints need them.
protocol ExecutionStatistics {
    func runtimeStatistics(of id: String, region: String?, before deadline: Deadline) throws(AWSError) -> JSONValue?
    func workgroup(_ name: String, region: String?, before deadline: Deadline) throws(AWSError) -> JSONValue?
}

extension Glue: TableCatalog {}
extension Athena: ExecutionStatistics {}

/// Finds the hints of a query that an alert goes out for. An alert never waits long for them: what fails or is late costs
/// the alert nothing but a hint.
final class HintSource {
    private static let memory = Duration.seconds(3600)
    private static let maximumCount = 2000
    /// AWS is left alone for this time after it denied access, and after any other failure.
    private static let pauseAfterDenial = Duration.seconds(3600)
    private static let pauseAfterFailure = Duration.seconds(60)
    /// The longest time of all look-ups for a query, and the share of the remaining time that they may take: the alert must
    /// still be sent and recorded.
    private static let patience = Duration.seconds(2)
    private static let share = 5
    private static let shortestTime = Duration.milliseconds(100)
    /// A workgroup without a limit is told of once in this time.
    private static let silence = Duration.days(1)

    private let catalog: any TableCatalog
    private let statistics: any ExecutionStatistics
    private let settings: HintSettings
    private var definitions = ExpiringCache<TableDefinition?>(limit: maximumCount)
    private var workgroups = ExpiringCache<WorkgroupDefinition?>(limit: maximumCount)
    /// The queries with which a workgroup without a limit was told of.
    private var told = ExpiringCache<String>(limit: maximumCount)
    /// The ends of the pauses, by what is asked for.
    private var pauses: [Subject: Deadline] = [:]
    /// The query that was asked for last: its alerts to the person and to the channel follow each other.
    private var latest: (id: String, facts: HintFacts, isMeasured: Bool)?
    /// The failures that no log has yet, one for each pause that began.
    private var failures: [String] = []

    private enum Subject { case table, execution, workgroup }

    init(catalog: any TableCatalog, statistics: any ExecutionStatistics, settings: HintSettings) {
        self.catalog = catalog
        self.statistics = statistics
        self.settings = settings
    }

    /// The statement of a query, if its runs are to be counted.
    func fingerprint(of query: FinishedQuery) -> StatementFingerprint? {
        guard !settings.off.contains(.repeatedStatement), query.dataScanned > 0, let sql = query.sql, !query.isSQLCut
        else { return nil }
        let place = [query.region, query.workgroup, query.catalog, query.database]
        return StatementFingerprint(sql, in: place)
    }

    /// The hints for an alert.
    ///
    /// - Parameter day: the alerts of the day in the conversation, with this one; nil when they are not counted.
    func hints(
        for query: FinishedQuery,
        to target: AlertTarget,
        on day: AlertDay?,
        before deadline: Deadline
    ) -> [Hint] {
        guard query.dataScanned > 0, let sql = query.sql, !query.isSQLCut else { return [] }
        let end = min(deadline, .after(min(Self.patience, deadline.remaining / Self.share)))
        let id = query.key.executionID
        var known = latest?.id == id ? latest : nil
        var facts = known?.facts ?? facts(about: sql, of: query, before: end)
        facts.repetition = day?.repetition
        if known?.isMeasured != true, Hints(facts, settings: settings).mayGainByStatistics {
            let measured = ask(.execution, before: end) { () throws(AWSError) in
                try statistics.runtimeStatistics(of: id, region: query.region, before: end)
            }
            facts.statistics = measured?.flatMap { try? RuntimeStatistics(json: $0) } ?? RuntimeStatistics()
            known = (id, facts, true)
        }
        latest = (id, facts, known?.isMeasured == true)
        // Who hears of a query in person can hardly change its workgroup.
        if target == .channel, Hints(facts, settings: settings).mayGainByWorkgroup {
            facts.workgroup = workgroup(of: query, before: end)
        }
        let hints = Hints(facts, settings: settings).best
        if hints.contains(where: { $0.kind == .workgroupLimit }) {
            told.store(id, for: Self.workgroupKey(query), lasting: Self.silence)
        }
        return hints
    }

    private func facts(about sql: String, of query: FinishedQuery, before deadline: Deadline) -> HintFacts {
        var facts = HintFacts(sql: sql, database: query.database, catalog: query.catalog) { name in
            definition(of: name, query.region, before: deadline)
        }
        facts.durationMilliseconds = query.durationMilliseconds
        facts.cost = query.cost?.money
        return facts
    }

    private static func workgroupKey(_ query: FinishedQuery) -> String {
        "\(query.region ?? "")/\(query.workgroup ?? "")"
    }

    /// A query's workgroup, unless another alert told of it already.
    private func workgroup(of query: FinishedQuery, before deadline: Deadline) -> WorkgroupDefinition? {
        guard let name = query.workgroup else { return nil }
        let key = Self.workgroupKey(query)
        if let teller = told[key], teller != query.key.executionID { return nil }
        if let known = workgroups[key] { return known }
        let answer = ask(.workgroup, before: deadline) { () throws(AWSError) in
            try statistics.workgroup(name, region: query.region, before: deadline)
        }
        guard let answer else { return nil }
        let definition = answer.flatMap { try? WorkgroupDefinition(json: $0) }
        workgroups.store(definition, for: key, lasting: Self.memory)
        return definition
    }

    /// Logs and counts the failures since the last report.
    func report(to context: InvocationContext) {
        for failure in failures {
            context.metrics.add("HintLookupsFailed")
            context.log(.warn, "alerts go out without some hints for a while: \(failure)")
        }
        failures = []
    }

    private func definition(of name: TableName, _ region: String?, before deadline: Deadline) -> TableDefinition? {
        guard let database = name.database else { return nil }
        let key = "\(region ?? "")/\(database)/\(name.table)"
        if let known = definitions[key] { return known }
        let answer = ask(.table, before: deadline) { () throws(AWSError) -> JSONValue? in
            try catalog.description(of: name.table, in: database, region: region, before: deadline)
        }
        guard let answer else { return nil }
        let definition = answer.flatMap { try? TableDefinition(json: $0) }
        definitions.store(definition, for: key, lasting: Self.memory)
        return definition
    }

    /// Asks AWS, unless it is left alone or there is too little time.
    private func ask<Answer>(
        _ subject: Subject,
        before deadline: Deadline,
        _ call: () throws(AWSError) -> Answer
    ) -> Answer? {
        guard pauses[subject]?.hasPassed != false, deadline.allows(Self.shortestTime) else { return nil }
        do throws(AWSError) {
            return try call()
        } catch {
            pauses[subject] = .after(error.isDenial ? Self.pauseAfterDenial : Self.pauseAfterFailure)
            failures.append("\(error)")
            return nil
        }
    }
}
