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

/// Tells a channel once what a month or week came to, however often the handler runs.
struct SummarySender {
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
    let sending: OneTimeSending

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
        let sent = sending.send(key, until: context.end, before: deadline) {
            post(report, before: deadline)
        }
        switch sent {
        case .settled:
            context.metrics.add("SummariesSent")
            return nil
        case .settledBefore: return nil
        case .held: return "another invocation is sending it"
        case .failed(let reason): return reason
        }
    }

    private func page(of report: Report) -> String? {
        pages.map { $0.address + $0.link.target(of: report.period, at: .now) }
    }

    private func post(_ report: Report, before deadline: Deadline) -> OneTimeSending.Attempt {
        do throws(SlackError) {
            try slack.post(SummaryMessage(report, page: page(of: report)).slackMessage, to: channel, before: deadline)
            return .settled
        } catch {
            if case .unclear = error { return .unclear("\(error)") }
            return .notSent("\(error)")
        }
    }
}
