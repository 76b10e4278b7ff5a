package import Time

/// The words about where a budget stands, in pieces that a notifier lays out. The caller escapes them.
package struct BudgetText: Sendable, Equatable {
    private let standing: BudgetStanding

    package init(_ standing: BudgetStanding) {
        self.standing = standing
    }

    private var sum: BudgetSum { standing.sum }
    private var budget: Budget { sum.budget }
    private var limit: Budget.Limit { budget.limit }

    /// The used amount and the limit: `$21.40 of $50.00`.
    package var share: String { "\(used) of \(limit)" }

    /// The use in the limit's measure.
    package var used: String { limit.words(for: Double(standing.used)) }

    /// Whole percent in words: `82%`.
    package var percent: String {
        standing.percent.map { "\($0)%" } ?? (standing.used > 0 ? "more than 100%" : "0%")
    }

    /// The subject of the sum: `ada@example.com`, `workgroup bi`, or the budget's name where it has one sum.
    package var subject: String {
        switch budget.per {
        case nil: budget.name
        case .user: sum.subject
        case let member?: "\(member.rawValue) \(sum.subject)"
        }
    }

    /// The line of an alert: `Your November: $21.40 of $50.00`.
    package func line(for reader: AlertText.Reader) -> String {
        let isOwn = budget.per == .user && reader == .runner
        return "\(isOwn ? "Your" : "\(subject),") \(sum.period.name): \(share)"
    }

    /// The first line of a notice.
    package func headline(for reader: AlertText.Reader) -> String {
        let part = "\(percent) of the budget \(budget.name) for \(sum.period.name)"
        let words =
            switch budget.per {
            case nil: "\(part) is used"
            case .user where reader == .runner: "You have used \(part)"
            case .user: "\(subject) has used \(part)"
            default: "\(subject.prefix(1).uppercased())\(subject.dropFirst()) has used \(part)"
            }
        return "\(words): \(share)"
    }

    /// The lines that follow: the period, the dearest queries, the pace, and at 100 % what to do.
    package func details(at now: Timestamp) -> [String] {
        [counted, dearest, pace(at: now), advice].compactMap(\.self)
    }

    private var counted: String {
        let period = sum.period
        let days = period.unit == .day ? period.name : "\(period.day(of: period.start)) to \(period.lastDay)"
        let count = String(standing.spending.queries).groupedByThousands
        let queries = standing.spending.queries == 1 ? "1 query" : "\(count) queries"
        let since = standing.since.map { ", counted since \(period.moment($0))" } ?? ""
        return "\(days) (\(period.timeZone.name)): \(queries)\(since)"
    }

    private var dearest: String? {
        let (count, units) = standing.dearest.total
        guard count > 0, standing.used > 0, standing.spending.queries > 1 else { return nil }
        let (hundredfold, isTooMuch) = units.multipliedReportingOverflow(by: 100)
        let share = min(100, isTooMuch ? units / max(1, standing.used / 100) : hundredfold / standing.used)
        return count == 1 ? "The dearest query is \(share)% of it" : "The \(count) dearest queries are \(share)% of it"
    }

    private func pace(at now: Timestamp) -> String? {
        guard let projection = standing.projection(at: now) else { return nil }
        let total = "\(limit.words(for: projection.total)) by \(sum.period.endName)"
        guard let time = projection.isUsedUp else { return "At this pace \(total) (a projection)" }
        return "At this pace 100% is reached \(sum.period.when(time)), and \(total) (a projection)"
    }

    private var advice: String? {
        guard standing.isUsedUp else { return nil }
        let owner = budget.owner.map { " \($0) owns this budget." } ?? ""
        return "Nothing is stopped: further queries run, and count.\(owner)"
            + " Look at the dearest queries first; a limit of the workgroup can stop single queries."
    }

    /// The page that says what to do, in a notice of a used-up budget.
    package var runbook: String? { standing.isUsedUp ? budget.runbook : nil }
}

extension BudgetPeriod {
    /// A moment there: `14 November 10:02`.
    fileprivate func moment(_ time: Timestamp) -> String { "\(day(of: time)) \(timeZone.local(time).time.prefix(5))" }

    /// The end of the period, as one says it during the period.
    fileprivate var endName: String { unit == .day ? "the end of the day" : lastDay }

    /// A time in the period, as exact as a projection can be.
    fileprivate func when(_ time: Timestamp) -> String {
        unit == .day ? "at \(timeZone.local(time).time.prefix(5))" : "on \(day(of: time))"
    }
}

extension Budget {
    /// The meaning of the budget in a sentence, for a person who checks the settings.
    ///
    /// - Parameter settings: the settings, for what the budget does not say itself.
    package func meaning(in settings: AlerterSettings) -> String {
        let zone = (timeZone ?? settings.timeZone).name
        let whose = per.map { "for each \($0.rawValue)" } ?? "for all together"
        let forms = Rule.Member.allCases.compactMap { member in
            match.match[member].map { forms in
                "\(member.rawValue) is \(forms.map { String($0.pattern) }.joined(separator: " or "))"
            }
        }
        let condition = forms.isEmpty ? "" : ", where \(forms.joined(separator: " and "))"
        let percentages = steps.map { "\($0)%" }.joined(separator: ", ")
        return "\(limit) a \(every) (\(zone)) \(whose)\(condition); at \(percentages) \(receivers(in: settings))"
    }

    private func receivers(in settings: AlerterSettings) -> String {
        let room =
            channel ?? settings.slack.channel ?? (settings.slack.webhookURL == nil ? nil : "the webhook's channel")
        let names = [targets.contains(.user) ? "the user" : nil, targets.contains(.channel) ? room : nil]
            .compactMap(\.self)
        switch names.count {
        case 0: return "nobody hears: there is no channel"
        case 1: return "\(names[0]) hears"
        default: return "\(names.joined(separator: " and ")) hear"
        }
    }
}
