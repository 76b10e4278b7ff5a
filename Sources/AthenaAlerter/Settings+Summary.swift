import Alerting

extension Settings {
    /// What the settings come to, a line each; of secrets only where they are.
    var summary: String {
        let lines = [
            ("slack.bot_token", slack.botToken?.place ?? "not set: no direct messages"),
            ("slack.webhook_url", slack.webhookURL?.place ?? "not set"),
            ("slack.channel", slack.channel ?? "not set"),
            ("slack.email_domain", slack.emailDomain ?? "not set"),
            ("slack.user_mappings", "\(slack.userMappings.count)"),
            ("thresholds.user", thresholds.user.description),
            ("thresholds.channel", thresholds.channel.description),
            ("price_per_tb", pricePerTB.map { "$\($0)" } ?? "the published price of each region"),
            ("retention_days", "\(retentionDays)"),
            ("partition_refresh", partitionRefresh.buckets.isEmpty ? "not set" : partitionBuckets),
        ]
        return lines.map { name, value in
            "  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + value + "\n"
        }.joined()
    }

    private var partitionBuckets: String {
        partitionRefresh.buckets.sorted { $0.key < $1.key }
            .map { "\($0.key) (\($0.value.table ?? "as the keys say"))" }
            .joined(separator: ", ")
    }
}
