import AWS
import Alerting
import CloudTrail
import LambdaRuntime
import Querying
import Reporting
import Slack
import Time

/// Carries a message to the person who ran a query, as ``PersonalSender`` needs it.
protocol PersonalNotifier {
    func deliver(
        _ message: SlackMessage,
        toPersonOf query: FinishedQuery,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery
}

extension SlackNotifier: PersonalNotifier {
    func deliver(
        _ message: SlackMessage,
        toPersonOf query: FinishedQuery,
        under outcome: RuleOutcome,
        before deadline: Deadline
    ) throws(NotifierError) -> Delivery {
        switch try place(of: query, to: .user, under: outcome, before: deadline) {
        case .failure(let reason): return .skipped(reason)
        case .success(let place): return try post(message, at: place, before: deadline)
        }
    }
}

/// Tells people once what a month or week came to for themselves. A run tells as many as it has time for, and the next
/// goes on: Slack looks up fifty people a minute.
///
/// https://docs.slack.dev/apis/web-api/rate-limits
struct PersonalSender {
    /// The time that it takes to tell one person, and of that the time that it takes to record it.
    private static let timeForPerson = Duration.seconds(5)
    private static let timeForRecord = Duration.seconds(2)
    /// After so many failures in a row, the next ones are likely to fail too.
    private static let mostFailures = 5
    /// The longest sort key of DynamoDB. No name on Slack makes a longer one.
    private static let longestKey = 1024

    let settings: AlerterSettings
    let notifier: any PersonalNotifier
    let sending: OneTimeSending
    /// The time of the run; nil for the present.
    var now: Timestamp?

    /// The periods of which people hear: the last month, and the last week since the day that the settings name. They are
    /// due until the next ones are, so that there is time for everybody.
    func due(at now: Timestamp) -> [Period] {
        let week = settings.reports.weekly.map {
            Period(.week, containing: now - .days($0.daysAfterMonday)).previous
        }
        return [Period(.month, containing: now).previous] + [week].compactMap(\.self)
    }

    private enum Outcome {
        case told
        case doneBefore
        case skipped
        /// Left to the next run.
        case left
        /// Left to the next run with everybody else.
        case busy
        case failed(String)

        var metric: String {
            switch self {
            case .told: "PeopleTold"
            case .doneBefore: "PeopleDoneBefore"
            case .skipped: "PeopleSkipped"
            case .left, .busy: "PeopleLeft"
            case .failed: "PeopleNotTold"
            }
        }
    }

    /// Tells the people of a report, except for those who were told before.
    ///
    /// - Returns: the reasons for which some have to be told again, the same reason once. They name nobody.
    func send(_ report: Report, _ context: InvocationContext, before deadline: Deadline) -> Set<String> {
        let people = report.people
        context.metrics.add("PeopleToTell", people.count)
        let partition = "\(report.period.name)#people"
        var done: Set<String> = []
        do throws(AWSError) {
            done = try sending.settled(in: partition, before: deadline)
        } catch {
            context.metrics.add(Outcome.left.metric, people.count)
            return ["\(error)"]
        }
        var reasons: Set<String> = []
        var failuresInARow = 0
        var isBusy = false
        for person in people.inTurn(on: (now ?? .now).dateAndTime.prefix(10)) {
            let key = QueryKey(startDate: partition, startKey: "#\(person.name)")
            let hasTime = !isBusy && failuresInARow < Self.mostFailures && deadline.allows(Self.timeForPerson)
            let outcome: Outcome =
                if done.contains(key.startKey) { .doneBefore } else if hasTime {
                    tell(person, key, context, before: deadline)
                } else { .left }
            context.metrics.add(outcome.metric)
            switch outcome {
            case .busy: isBusy = true
            case .failed(let reason):
                reasons.insert(reason)
                failuresInARow += 1
            case .told, .skipped: failuresInARow = 0
            case .doneBefore, .left: break
            }
        }
        return reasons
    }

    private func tell(
        _ report: PersonalReport,
        _ key: QueryKey,
        _ context: InvocationContext,
        before deadline: Deadline
    ) -> Outcome {
        let person = report.asQuery
        let rules = settings.rules.outcome(for: person, defaults: settings)
        // Whoever hears of a person's queries by a rule does not hear of their sums.
        guard !rules.isIgnored, rules.personalReceiver == nil, key.startKey.utf8.count <= Self.longestKey else {
            return .skipped
        }
        var isSkipped = false
        var isBusy = false
        let sent = sending.send(key, until: context.end, before: deadline) {
            do throws(NotifierError) {
                let delivery = try notifier.deliver(
                    PersonalMessage(report).slackMessage,
                    toPersonOf: person,
                    under: rules,
                    before: deadline.reserving(Self.timeForRecord)
                )
                if case .skipped = delivery { isSkipped = true }
                return .settled
            } catch {
                if case .unclear = error { return .unclear("\(error)") }
                if case .busy = error { isBusy = true }
                return .notSent("\(error)")
            }
        }
        switch sent {
        case .settled: return isSkipped ? .skipped : .told
        case .settledBefore: return .doneBefore
        case .held: return .left
        case .failed(let reason): return isBusy ? .busy : .failed(reason)
        }
    }
}

extension [PersonalReport] {
    /// The people in an order of that day. In the same order each night, some whom Slack refuses would keep all behind them
    /// from hearing.
    fileprivate func inTurn(on day: Substring) -> [PersonalReport] {
        let turns = map { person in
            var hash = StableHash()
            // Twice the day: what comes last changes a hash of FNV only a little.
            for part in [day, Substring(person.name), day] { hash.add(part.utf8) }
            return (turn: hash.value, person: person)
        }
        return turns.sorted { $0.turn < $1.turn }.map(\.person)
    }
}

extension PersonalReport {
    /// A query that has of the person's queries what they have in common, for rules and for the look-up on Slack.
    fileprivate var asQuery: FinishedQuery {
        let key = QueryKey(startDate: "", startTimestamp: "", executionID: "")
        var query = FinishedQuery(key: key, state: QueryState(rawValue: ""), user: name, dataScanned: 0)
        query.userType = .person
        // By this evidence alone a name is a Slack id.
        query.userSource = sum.dearest?.userSource == .alias ? .alias : nil
        return query
    }
}
