import AWS
import Alerting
import LambdaRuntime
import Reporting
import Slack
import Time

/// Posts a message to a channel, as ``SummarySender`` needs it.
protocol ChannelPosting {
    func post(_ message: SlackMessage, to channel: String, before deadline: Deadline) throws(SlackError)
}

/// Slack with its token.
struct SlackChannel: ChannelPosting {
    let client: SlackClient
    let token: String

    func post(_ message: SlackMessage, to channel: String, before deadline: Deadline) throws(SlackError) {
        try client.postMessage(message, to: .conversation(channel), token: token, before: deadline)
    }
}

/// Tells a channel once what a month or week came to, however often the handler runs. A summary is claimed before it is
/// sent and recorded after, as an alert is.
struct SummarySender {
    private static let alert = "summary"
    /// The days on which a summary is tried: as many as the nights that repair the history.
    private static let patience: Int64 = 3

    /// The server of pages, and what signs the links to them.
    struct Pages {
        let address: String
        let link: PageLink
    }

    let channel: String
    let weekday: ReportSettings.Weekday?
    let slack: any ChannelPosting
    /// The pages to which summaries link; nil for no links.
    var pages: Pages?
    let records: any AlertRecords

    /// The periods whose summary is due: the month before on its first days, the week before from the day that the settings
    /// name.
    func due(at now: Timestamp) -> [Period] {
        var periods: [Period] = []
        let month = Period(.month, containing: now).previous
        if Self.daysSince(month.endTime, now) < Self.patience { periods.append(month) }
        if let weekday {
            let week = Period(.week, containing: now - .days(weekday.daysAfterMonday)).previous
            let day = week.endTime + .days(weekday.daysAfterMonday)
            if Self.daysSince(day, now) < Self.patience { periods.append(week) }
        }
        return periods
    }

    private static func daysSince(_ start: Timestamp, _ now: Timestamp) -> Int64 {
        (now.secondsSince1970 - start.secondsSince1970) / 86_400
    }

    /// Sends the summary of a report, unless it was sent before.
    ///
    /// - Returns: the reason for which it has to be tried again, nil when there is none.
    func send(_ report: Report, _ context: InvocationContext, before deadline: Deadline) -> String? {
        let key = QueryKey(startDate: "\(report.period.name)#summaries", startKey: "#\(channel)")
        do throws(AWSError) {
            let end = Timestamp.now + max(.zero, context.deadline.remaining)
            switch try records.claim([Self.alert], of: key, until: end, before: deadline).first {
            case .alreadyAlerted: return nil
            case .held, nil: return "another invocation is sending it"
            case .granted(let token):
                if let reason = post(report, context, before: deadline) {
                    if reason.isRetryable {
                        try records.release(Self.alert, of: key, token: token, before: deadline)
                    }
                    return reason.text
                }
                try records.record(Self.alert, of: key, at: AlertLedger.time(.now), before: deadline)
                context.metrics.add("SummariesSent")
                return nil
            }
        } catch {
            return "\(error)"
        }
    }

    private func page(of report: Report) -> String? {
        pages.map { $0.address + $0.link.target(of: report.period, at: .now) }
    }

    private func post(
        _ report: Report,
        _ context: InvocationContext,
        before deadline: Deadline
    ) -> (text: String, isRetryable: Bool)? {
        do throws(SlackError) {
            try slack.post(SummaryMessage(report, page: page(of: report)).slackMessage, to: channel, before: deadline)
            return nil
        } catch {
            // When it may have been posted, the claim stays until it ends: better late than twice.
            if case .unclear = error { return ("\(error)", false) }
            return ("\(error)", true)
        }
    }
}
