import Assembly
import Glibc
import HTTP
import JSON
import LambdaRuntime
import System

/// The executable: in Lambda the handler that `_HANDLER` names, anywhere else a command.
@main
struct AthenaAlerter {
    static func main() {
        // A peer that hangs up is an error of that one request; it must not end the process.
        signal(SIGPIPE, SIG_IGN)
        let environment = Environment.process()
        if let name = environment["_HANDLER"] {
            exit(serve(name, environment))
        }
        exit(CommandLineInterface.run(environment))
    }

    /// Runs a handler until Lambda ends the process; returns only when it cannot go on.
    private static func serve(_ name: String, _ environment: Environment) -> Int32 {
        let log = Log(environment: environment).with("handler", .string(name))
        let http = HTTPClient(environment: environment)
        do {
            try RuntimeLoop(environment: environment, http: http, log: log).run {
                let house = try SettingsLocation(environment: environment).load()
                return try house.handler(named: name, in: InitPhase(environment: environment, http: http))
            }
        } catch {
            log(.error, "the process ends: \(error)")
        }
        return 1
    }
}
