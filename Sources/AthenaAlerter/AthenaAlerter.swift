import Glibc
import HTTP
import Handlers
import JSON
import LambdaRuntime
import System

/// The executable: in Lambda the handler that `_HANDLER` names, anywhere else a command.
@main
struct AthenaAlerter {
    static func main() {
        // A peer that hangs up is an error of that one request, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        let environment = Environment.process()
        if let name = environment["_HANDLER"], !name.isEmpty {
            exit(serve(name, environment))
        }
        exit(Command.run(environment))
    }

    /// Runs a handler until Lambda ends the process; returns only when it cannot go on.
    private static func serve(_ name: String, _ environment: Environment) -> Int32 {
        let log = Log(environment: environment).with("handler", .string(name))
        var configuration = HTTPClient.Configuration()
        configuration.trust = HTTPClient.Trust(environment: environment)
        let http = HTTPClient(configuration: configuration)
        do {
            try RuntimeLoop(environment: environment, http: http, log: log).run {
                let settings = try SettingsLocation(environment: environment).load()
                let assembly = try HandlerAssembly(environment: environment, settings: settings, http: http)
                return try assembly.handler(HandlerName(named: name))
            }
        } catch {
            log(.error, "the process ends: \(error)")
        }
        return 1
    }
}
