import HTTP
import JSON
import System
import Time
import Web

/// Finds credentials where the AWS SDKs do: the environment, then the shared files, then the container's endpoint.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
final class CredentialSource {
    private static let renewalMargin = Duration.seconds(300)
    private static let container = Origin(scheme: .http, host: "169.254.170.2")

    private let environment: Environment
    private let http: HTTPClient
    private var current: Credentials?

    init(environment: Environment, http: HTTPClient) {
        self.environment = environment
        self.http = http
    }

    /// Credentials that are good for some minutes yet.
    func credentials(before deadline: Deadline?) throws(AWSError) -> Credentials {
        if let current, current.expiration.map({ $0 - .now > Self.renewalMargin }) ?? true { return current }
        let found = try find(before: deadline)
        current = found
        return found
    }

    /// Forgets keys that AWS says have expired.
    ///
    /// - Returns: whether others may be found; keys in the environment stay what they are.
    func renew() -> Bool {
        defer { current = nil }
        return current?.expiration != nil
    }

    private func find(before deadline: Deadline?) throws(AWSError) -> Credentials {
        // A profile that was asked for by name counts before keys that happen to be in the environment, as in the SDKs.
        if environment["AWS_PROFILE"] == nil, let credentials = fromEnvironment() { return credentials }
        if let credentials = try SharedConfiguration(environment: environment).credentials() { return credentials }
        if let credentials = fromEnvironment() { return credentials }
        if let credentials = try fromContainer(before: deadline) { return credentials }
        throw .noCredentials(
            "neither AWS_ACCESS_KEY_ID, nor a profile with keys in the shared files, nor a container's endpoint is there; "
                + "after a sign-in by another way, run: \(SharedConfiguration.exportingKeys)"
        )
    }

    private func fromEnvironment() -> Credentials? {
        guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"]
        else { return nil }
        return Credentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: environment["AWS_SESSION_TOKEN"]
        )
    }

    private func fromContainer(before deadline: Deadline?) throws(AWSError) -> Credentials? {
        guard let url = try containerURL() else { return nil }
        var request = HTTPRequest(url: url, timeout: .seconds(2), usesProxy: false)
        request.headers["Authorization"] = try containerToken()
        do {
            let response = try http.perform(request, before: deadline)
            guard response.isSuccess else {
                throw AWSError.noCredentials("the container's endpoint answered \(response.status)")
            }
            return try Credentials(container: JSONValue(parsing: response.body))
        } catch let error as AWSError {
            throw error
        } catch {
            throw .noCredentials("the container's endpoint: \(error)")
        }
    }

    private func containerURL() throws(AWSError) -> URL? {
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
        if let target = environment[relative] {
            // A text that is no path must not make another host of it.
            guard target.hasPrefix("/"), let url = URL("\(Self.container)\(target)") else {
                throw .misconfigured("\(relative) must be a path, found '\(target)'")
            }
            return url
        }
        guard let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        guard let url = URL(full), Self.isAllowed(url.origin) else {
            throw .misconfigured(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to a loopback or container address"
            )
        }
        return url
    }

    private func containerToken() throws(AWSError) -> String? {
        guard let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        guard let token = LocalFile(path: path).text() else {
            throw .misconfigured("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: \(path) cannot be read")
        }
        return String(token.split(whereSeparator: \.isNewline).first ?? "")
    }

    /// Plain http would show the keys to the network, so it is for addresses that never leave the machine.
    private static func isAllowed(_ origin: Origin) -> Bool {
        origin.isConfidential || ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(origin.host)
    }
}

extension Credentials {
    /// Reads what a container's endpoint says.
    fileprivate init(container answer: JSONValue) throws(JSONError) {
        let expiration: String? = try answer.optional("Expiration")
        self.init(
            accessKeyID: try answer.required("AccessKeyId"),
            secretAccessKey: try answer.required("SecretAccessKey"),
            sessionToken: try answer.optional("Token"),
            // A time that cannot be read may be any: then they are fetched for every call.
            expiration: expiration.map { Timestamp(iso8601: $0) ?? .now }
        )
    }
}
