import AWS
import Alerting
import Settings
import Slack
import Time

/// Findings about the access to Slack, the people and the prices.
extension Finding {
    /// The scopes of the app's manifest.
    private static let scopes = ["chat:write", "im:write", "users:read", "users:read.email"]
    private static let longestAgeOfPrices = Duration.days(400)

    /// Whether the role of `notification` may read the place of a secret.
    ///
    /// - Parameters:
    ///   - parameters: the stack's pattern of parameters, without the leading slash.
    ///   - secrets: the stack's pattern of secrets.
    static func access(to secret: Secret, key: String, parameters: String, secrets: String) -> Finding {
        switch secret {
        case .literal:
            return .well(key, "in the file; ssm: or secretsmanager: would keep it out of the package")
        case .parameter(let name):
            let bare = name.hasPrefix("/") ? String(name.dropFirst()) : name
            guard Wildcard(parameters).matches(bare) else {
                return .ill(
                    key,
                    "notification may read parameters of the form \(parameters), not \(name)",
                    "make SLACK_PARAMETER=\(bare) run_cloudformation with the other variables of this stack"
                )
            }
        case .secret(let id, _):
            // AWS appends a hyphen and six characters. The name of a secret is the last part of its ARN.
            let name = id.hasPrefix("arn:") ? String(id.split(separator: ":").last ?? "") : id + "-000000"
            guard Wildcard(secrets).matches(name) else {
                return .ill(
                    key,
                    "notification may read secrets of the form \(secrets), not \(id)",
                    "make SLACK_SECRET='\(id)-??????' run_cloudformation with the other variables of this stack"
                )
            }
        }
        return .well(key, "\(secret.place) can be read")
    }

    /// A secret that is not at its place.
    static func missing(_ secret: Secret, key: String, _ error: AWSError) -> Finding {
        let command =
            switch secret {
            case .parameter(let name): "aws ssm put-parameter --type SecureString --name \(name) --value …"
            case .secret(let id, _): "aws secretsmanager create-secret --name \(id) --secret-string …"
            case .literal: "correct \(key) in settings.json"
            }
        return .ill(key, "\(error)", command)
    }

    /// The bot and the scopes of its token.
    static func slack(_ identity: SlackClient.Identity) -> Finding {
        let missing = identity.scopes.map { granted in scopes.filter { !granted.contains($0) } } ?? []
        guard missing.isEmpty else {
            return .ill(
                "slack",
                "the token lacks the scopes \(missing.joined(separator: ", "))",
                "add them to the app (slack-app.yaml has them), and reinstall it to the workspace"
            )
        }
        return .well("slack", "\(identity.user) in \(identity.team)")
    }

    /// The failure of a call to Slack.
    static func slack(_ subject: String, _ error: SlackError, channel: String? = nil) -> Finding {
        .ill(subject, "\(error)", advice(on: error, channel: channel))
    }

    private static func advice(on error: SlackError, channel: String?) -> String {
        guard case .refused(let code) = error else { return "look at https://slack-status.com, and try again" }
        switch code {
        case "not_in_channel": return "in Slack, in \(channel ?? "the channel"): /invite @athena-alerter"
        case "channel_not_found":
            return "correct slack.channel; a private channel is found only after /invite @athena-alerter in it"
        case "is_archived": return "unarchive \(channel ?? "the channel"), or name another one in slack.channel"
        case "missing_scope": return "add the scopes of slack-app.yaml to the app, and reinstall it"
        case "invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed":
            return "put the Bot User OAuth Token of the app into slack.bot_token, and run \(deployment); "
                + "after a change of a secret, docs/deployment.md, 'A new token', restarts notification"
        default: return "https://docs.slack.dev/reference/methods explains the error of the method"
        }
    }

    /// The people of the last queries whom Slack knows, and those whom it does not know.
    static func people(found: [String], missing: [String]) -> Finding {
        let all = found.count + missing.count
        guard all > 0 else { return .well("people", "the table has no query of a person of today or yesterday") }
        guard missing.isEmpty else {
            return .ill(
                "people",
                "\(missing.count) of \(all) are not known to Slack: \(missing.joined(separator: ", "))",
                "name them in people.aliases or slack.user_mappings, and programs in people.machines (docs/people.md)"
            )
        }
        return .well("people", "Slack knows the last \(all)")
    }

    /// The price that the settings state, or else the age of the table of prices.
    static func prices(region: String, settings: AlerterSettings, now: Timestamp) -> Finding {
        if settings.prices[region] != nil || settings.pricePerTB != nil {
            return .well("prices", "the settings state that of \(region)")
        }
        let price = PublishedPrice(ofRegion: region)
        let newest = PublishedPrice.table.values.map(\.date).max() ?? ""
        guard let day = Timestamp(date: newest), now - day <= longestAgeOfPrices else {
            return .ill(
                "prices",
                "the newest price of the table is of \(newest)",
                "upgrade, or state the price of a TB in settings.json: \"prices\": {\"\(region)\": 5}"
            )
        }
        let certainty = price.certainty == .known ? "" : ", an estimate"
        return .well(
            "prices",
            "\(price.price) a TB in \(region)\(certainty), of \(price.date); the table is of \(newest)"
        )
    }
}
