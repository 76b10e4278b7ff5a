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

/// Athena's measures, as hints need them.
protocol ExecutionStatistics {
    func runtimeStatistics(of id: String, region: String?, before deadline: Deadline) throws(AWSError) -> JSONValue?
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

    private let catalog: any TableCatalog
    private let statistics: any ExecutionStatistics
    private let settings: HintSettings
    private var definitions = ExpiringCache<TableDefinition?>(limit: maximumCount)
    /// The ends of the pauses, by service.
    private var pauses: [Service: Deadline] = [:]
    /// The query that was asked for last: its alerts to the person and to the channel follow each other.
    private var latest: (id: String, hints: [Hint])?
    /// The failures that no log has yet, one for each pause that began.
    private var failures: [String] = []

    private enum Service { case glue, athena }

    init(catalog: any TableCatalog, statistics: any ExecutionStatistics, settings: HintSettings) {
        self.catalog = catalog
        self.statistics = statistics
        self.settings = settings
    }

    /// The hints for a query.
    func hints(for query: FinishedQuery, before deadline: Deadline) -> [Hint] {
        let id = query.key.executionID
        if let latest, latest.id == id { return latest.hints }
        guard query.dataScanned > 0, let sql = query.sql, !query.isSQLCut else { return [] }
        let end = min(deadline, .after(min(Self.patience, deadline.remaining / Self.share)))
        var facts = HintFacts(sql: sql, database: query.database, catalog: query.catalog) { name in
            definition(of: name, query.region, before: end)
        }
        facts.durationMilliseconds = query.durationMilliseconds
        if Hints(facts, settings: settings).mayGainByStatistics {
            let measured = ask(.athena, before: end) { () throws(AWSError) in
                try statistics.runtimeStatistics(of: id, region: query.region, before: end)
            }
            facts.statistics = measured?.flatMap { try? RuntimeStatistics(json: $0) } ?? RuntimeStatistics()
        }
        let hints = Hints(facts, settings: settings).best
        latest = (id, hints)
        return hints
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
        let answer = ask(.glue, before: deadline) { () throws(AWSError) -> JSONValue? in
            try catalog.description(of: name.table, in: database, region: region, before: deadline)
        }
        guard let answer else { return nil }
        let definition = answer.flatMap { try? TableDefinition(json: $0) }
        definitions.store(definition, for: key, lasting: Self.memory)
        return definition
    }

    /// Asks a service, unless it is left alone or there is too little time.
    private func ask<Answer>(
        _ service: Service,
        before deadline: Deadline,
        _ call: () throws(AWSError) -> Answer
    ) -> Answer? {
        guard pauses[service]?.hasPassed != false, deadline.allows(Self.shortestTime) else { return nil }
        do throws(AWSError) {
            return try call()
        } catch {
            pauses[service] = .after(error.isDenial ? Self.pauseAfterDenial : Self.pauseAfterFailure)
            failures.append("\(error)")
            return nil
        }
    }
}
