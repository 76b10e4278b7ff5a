package import JSON
package import System
import Time

/// Writes log lines, each one JSON object, straight to a file descriptor: a crash loses none that was written.
package struct Log: Sendable {
    /// How much a line matters.
    package enum Level: Int, Sendable, Comparable {
        case debug
        case info
        case warn
        case error

        /// Reads a level as Lambda's `AWS_LAMBDA_LOG_LEVEL` writes it.
        init?(_ name: String) {
            switch name.uppercased() {
            case "TRACE", "DEBUG": self = .debug
            case "INFO": self = .info
            case "WARN", "WARNING": self = .warn
            case "ERROR", "FATAL": self = .error
            default: return nil
            }
        }

        var name: String {
            switch self {
            case .debug: "DEBUG"
            case .info: "INFO"
            case .warn: "WARN"
            case .error: "ERROR"
            }
        }

        /// Orders by how much it matters.
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let level: Level
    private let fields: [JSONValue.Member]
    private let write: @Sendable (String) -> Void

    /// Creates a log that writes to standard output, which Lambda carries to CloudWatch.
    ///
    /// - Parameter environment: where `AWS_LAMBDA_LOG_LEVEL` may say which lines are wanted.
    package init(environment: Environment) {
        self.init(
            level: environment["AWS_LAMBDA_LOG_LEVEL"].flatMap(Level.init) ?? .info,
            write: { StandardStream.output.write($0 + "\n") }
        )
    }

    /// Creates a log that hands its lines to a function.
    package init(level: Level, write: @escaping @Sendable (String) -> Void) {
        self.init(level: level, fields: [], write: write)
    }

    private init(level: Level, fields: [JSONValue.Member], write: @escaping @Sendable (String) -> Void) {
        self.level = level
        self.fields = fields
        self.write = write
    }

    /// A log whose lines all carry a field more.
    package func with(_ name: String, _ value: JSONValue) -> Log {
        Log(level: level, fields: fields + [JSONValue.Member(name, value)], write: write)
    }

    /// A log with lines from another level on; the same log when there is no such level.
    package func from(_ level: String) -> Log { Log(level: Level(level) ?? self.level, fields: fields, write: write) }

    /// Writes a line when its level is wanted.
    ///
    /// - Parameters:
    ///   - level: how much it matters.
    ///   - message: what happened, without secrets, SQL or addresses.
    ///   - details: further fields.
    package func callAsFunction(_ level: Level, _ message: String, _ details: JSONValue.Member...) {
        guard level >= self.level else { return }
        let line: [JSONValue.Member] = [
            JSONValue.Member("timestamp", .string(Timestamp.now.iso8601WithMilliseconds)),
            JSONValue.Member("level", .string(level.name)),
            JSONValue.Member("message", .string(message)),
        ]
        write(JSONValue.object(line + fields + details).serialized())
    }

    /// Writes a line that is not a log line, such as metrics, whatever the level.
    func raw(_ line: String) {
        write(line)
    }
}
