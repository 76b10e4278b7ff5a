package import AWS
package import HTTP
package import LambdaRuntime
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
    let deadline = Deadline.after(Self.timeLimit)

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
}
