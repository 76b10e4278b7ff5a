package import AWS
package import HTTP
import JSON
package import LambdaRuntime
package import Settings
package import System
import Time

/// The init phase of a process: the environment, the clients that all handlers share, and the time that Lambda allows.
package struct InitPhase {
    /// Lambda allows ten seconds.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    private static let timeLimit = Duration.seconds(8)

    /// The environment variables.
    package let environment: Environment
    /// The client of all requests.
    package let http: HTTPClient
    /// The client of all AWS services.
    package let aws: AWSClient
    private let deadline = Deadline.after(Self.timeLimit)

    /// Creates the clients.
    ///
    /// - Throws: ``AWSError`` when no region is set.
    package init(environment: Environment, http: HTTPClient) throws(AWSError) {
        self.environment = environment
        self.http = http
        aws = try AWSClient(environment: environment, http: http)
    }

    /// The value of a variable that must be set.
    package func required(_ variable: String) throws(HandlerError) -> String {
        guard let value = environment[variable] else { throw .misconfigured("\(variable) is not set") }
        return value
    }

    /// A setting, else the variable that stands in for it; one of the two must be there.
    ///
    /// - Parameters:
    ///   - setting: the setting.
    ///   - key: the setting's key.
    ///   - variable: the variable's name.
    package func required(
        _ setting: String?,
        _ key: String,
        variable: String
    ) throws(HandlerError) -> String {
        guard let value = setting ?? environment[variable] else {
            throw .misconfigured("\(variable) is not set, nor is \(key) in the settings")
        }
        return value
    }

    /// The text of a secret, read from its place.
    ///
    /// - Parameters:
    ///   - secret: the secret; nil when none is set.
    ///   - key: the setting or variable that names the secret.
    /// - Throws: ``SettingsError`` when the place has no such secret, or AWS does not give it out.
    package func text(of secret: Secret?, key: String) throws(SettingsError) -> String? {
        let text: String
        do {
            switch secret {
            case nil: return nil
            case .literal(let literal): text = literal
            case .parameter(let name): text = try Secrets(aws).parameter(name, before: deadline)
            case .secret(let id, let member):
                let whole = try Secrets(aws).secret(id, before: deadline)
                text = try member.map { try Self.member($0, of: whole) } ?? whole
            }
        } catch {
            throw SettingsError(key: key, problem: "expected a secret at \(secret?.place ?? ""): \(error)")
        }
        return try Secret.word(of: text, key: key)
    }

    private static func member(_ name: String, of secret: String) throws(HandlerError) -> String {
        guard let text = (try? JSONValue(parsing: secret.utf8))?[name]?.string else {
            throw .misconfigured("the secret is not a JSON object with a text named '\(name)'")
        }
        return text
    }
}
