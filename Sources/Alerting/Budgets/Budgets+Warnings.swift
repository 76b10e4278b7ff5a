extension Budgets {
    /// A limit of bytes below this is likely a number of gigabytes that lacks its unit.
    private static let smallestLikelySize = ByteSize(bytes: 1_000_000)

    /// Warnings of what is valid in the budgets and probably a mistake, each with its key.
    ///
    /// - Parameter slack: the access to Slack, without which some receivers hear nothing.
    package func warnings(with slack: AlerterSettings.Slack) -> [String] {
        budgets.enumerated().flatMap { index, budget -> [String] in
            let key = "budgets[\(index)]"
            var warnings: [String] = []
            if case .size(let size) = budget.limit, size.bytes > 0, size < Self.smallestLikelySize {
                warnings.append("\(key).limit: \(size) is less than a megabyte; a number without a unit is bytes")
            }
            guard slack.botToken == nil else {
                if budget.targets.contains(.channel), (budget.channel ?? slack.channel) == nil, slack.webhookURL == nil
                {
                    warnings.append("\(key): the channel hears nothing; set channel, or slack.channel")
                }
                return warnings
            }
            if budget.targets.contains(.user) {
                warnings.append("\(key).notify: the user hears nothing; a direct message needs slack.bot_token")
            }
            if budget.channel != nil {
                warnings.append(
                    "\(key).channel: a webhook posts to its own channel only; another one needs slack.bot_token"
                )
            }
            return warnings
        }
    }
}
