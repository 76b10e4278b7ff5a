import AWS
import Alerting
import JSON
import LambdaRuntime
import Reporting
import Time

/// Reads the queries of a day, as ``ReportHandler`` needs it.
protocol DaysOfQueries {
    func finishedQueries(
        on day: String,
        from start: Item?,
        before deadline: Deadline
    ) throws(AWSError) -> (queries: [FinishedQuery], unreadable: Int, next: Item?)

    func oldestDay(at now: Timestamp) -> String
}

extension QueriesTable: DaysOfQueries {}

/// Writes the history of the last days, their sums, and the pages of their months and weeks. Everything is written whole,
/// from what is in the table now, so that a run that comes twice or late leaves the same.
struct ReportHandler: LambdaHandler {
    /// The days before today that a run writes. A row may come late: a file of CloudTrail, a retried message, a query that
    /// runs past midnight.
    static let dayCount: Int64 = 3

    let table: any DaysOfQueries
    let history: any HistoryStore
    let settings: ReportSettings
    /// Sends each summary once; nil when the settings ask for none.
    var sending: OneTimeSending?
    /// Tells a channel what a month or week came to; nil when the settings name none.
    var summaries: SummarySender?
    /// Tells people what it came to for themselves; nil when the settings do not ask for that.
    var people: PersonalSender?
    /// Reads what budgets came to; nil without budgets.
    var budgets: BudgetReading?
    var now: () -> Timestamp = { .now }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        let now = now()
        let days = try days(of: event, at: now)
        try ReportInvocation(self, context: context, now: now).run(days)
        return .null
    }

    /// The days that an event names as `days`, else the last days that are over. Today's file would be half a day's.
    private func days(of event: JSONValue, at now: Timestamp) throws(HandlerError) -> [String] {
        guard let named = event["days"] else {
            return (1...Self.dayCount).reversed().map { (now - .days($0)).date }
        }
        guard let text = named.string, let days = Days(text) else {
            throw .unknownEvent("days: expected a text such as 2026-11-01..2026-11-03, found \(named.serialized())")
        }
        guard days.last < now.date else { throw .unknownEvent("days: \(days.last) is not over yet") }
        return days.all
    }
}
