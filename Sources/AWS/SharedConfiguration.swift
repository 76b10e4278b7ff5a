import System

/// The profile that applies in the files that the AWS tools share.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct SharedConfiguration {
    /// A shell's command that puts the keys of any profile into the environment.
    static let exportingKeys = #"eval "$(aws configure export-credentials --format env)""#

    private let environment: Environment

    init(environment: Environment) {
        self.environment = environment
    }

    /// The profile's keys, nil when the default profile is not there.
    ///
    /// - Throws: ``AWSError/misconfigured(_:)`` for a profile asked for by name that is not there, or that needs a
    ///   way of signing in which is not supported.
    func credentials() throws(AWSError) -> Credentials? {
        let settings = profile
        if let id = settings["aws_access_key_id"], let secret = settings["aws_secret_access_key"] {
            return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: settings["aws_session_token"])
        }
        guard let name = environment["AWS_PROFILE"] else { return nil }
        if settings.isEmpty {
            throw .misconfigured("AWS_PROFILE: there is no profile '\(name)' in \(credentialsPath) or \(configPath)")
        }
        let ways = ["role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file"]
        if let way = ways.first(where: { settings[$0] != nil }) {
            throw .misconfigured(
                "AWS_PROFILE: profile '\(name)' signs in by \(way), which is not supported; run: "
                    + "\(Self.exportingKeys); unset AWS_PROFILE"
            )
        }
        return nil
    }

    /// The profile's region.
    var region: String? { profile["region"] }

    /// The profile's settings in both files; the credentials file wins.
    var profile: [String: String] {
        let name = environment["AWS_PROFILE"] ?? "default"
        let inConfig = section(
            name == "default" ? ["default", "profile default"] : ["profile \(name)"],
            of: configPath
        )
        return inConfig.merging(section([name], of: credentialsPath)) { $1 }
    }

    private var credentialsPath: String { path("AWS_SHARED_CREDENTIALS_FILE", default: "/.aws/credentials") }

    private var configPath: String { path("AWS_CONFIG_FILE", default: "/.aws/config") }

    private func path(_ variable: String, default fallback: String) -> String {
        let home = environment["HOME"] ?? ""
        let path = environment[variable] ?? home + fallback
        return path.hasPrefix("~/") ? home + path.dropFirst(1) : path
    }

    private func section(_ names: [String], of path: String) -> [String: String] {
        guard let text = LocalFile(path: path).text() else { return [:] }
        var settings: [String: String] = [:]
        var isInSection = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let title = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace)
                isInSection = names.contains(title.joined(separator: " "))
            } else if isInSection, !first.isWhitespace, let equals = line.firstIndex(of: "=") {
                let name = line[..<equals].split(whereSeparator: \.isWhitespace).joined()
                let value = line[line.index(after: equals)...].split(whereSeparator: \.isWhitespace)
                settings[name.lowercased()] = value.joined(separator: " ")
            }
        }
        return settings
    }
}
