/// The team's rules about alerts, in the order of the settings.
package struct Rules: Sendable, Equatable {
    let rules: [Rule]

    package init(_ rules: [Rule] = []) {
        self.rules = rules
    }

    /// The number of rules.
    package var count: Int { rules.count }

    /// The rules that name a channel.
    package var indicesWithChannel: [Int] { rules.indices.filter { rules[$0].effect.channel != nil } }

    /// The thresholds that rules set, with their keys.
    package var thresholds: [(key: String, threshold: Threshold)] {
        rules.enumerated().flatMap { index, rule in
            [("user", rule.effect.thresholds.user), ("channel", rule.effect.thresholds.channel)]
                .compactMap { name, threshold in threshold.map { ("rules[\(index)].thresholds.\(name)", $0) } }
        }
    }

    /// The rules that apply to a query.
    package func indices(applyingTo query: FinishedQuery) -> [Int] {
        rules.indices.filter { rules[$0].applies(to: query) }
    }

    /// The outcome for a query's alerts. Every rule that applies counts; what a later one says replaces what an earlier
    /// one said of the same.
    ///
    /// - Parameter defaults: the settings, which hold where no rule says anything else.
    package func outcome(for query: FinishedQuery, defaults: AlerterSettings) -> RuleOutcome {
        var outcome = RuleOutcome(defaults)
        for rule in rules where rule.applies(to: query) { outcome.apply(rule.effect) }
        return outcome
    }
}

/// The settings that hold for the alerts of one query.
package struct RuleOutcome: Sendable, Equatable {
    /// Whether the query causes no alert.
    package private(set) var isIgnored = false
    package private(set) var thresholds: AlerterSettings.Thresholds
    /// The channel's name or id, for the bot.
    package private(set) var channel: String?
    /// The receiver in the person's stead; nil for the person.
    package private(set) var personalReceiver: PersonalReceiver?
    package private(set) var messages: AlerterSettings.Messages

    /// Creates the outcome without rules.
    package init(_ settings: AlerterSettings) {
        thresholds = settings.thresholds
        channel = settings.slack.channel
        messages = settings.messages
    }

    mutating func apply(_ effect: Rule.Effect) {
        isIgnored = effect.isIgnored ?? isIgnored
        thresholds.apply(effect.thresholds)
        channel = effect.channel ?? channel
        personalReceiver = effect.personalReceiver ?? personalReceiver
        messages.apply(effect.messages)
    }
}
