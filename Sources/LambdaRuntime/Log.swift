package import JSON
package import System
import Time

/// Writes log lines, each a JSON object, without a buffer: a crash loses no line.
package struct Log: Sendable {
    /// The severity of a line.
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

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let level: Level
    private let fields: [JSONValue.Member]
    private let write: @Sendable (String) -> Void

    /// Creates a log that writes to standard output, which Lambda carries to CloudWatch.
    ///
    /// - Parameter environment: may set the lowest level to write, in `AWS_LAMBDA_LOG_LEVEL`.
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

    /// A log with one more field on each line.
    package func with(_ name: String, _ value: JSONValue) -> Log {
        Log(level: level, fields: fields + [JSONValue.Member(name, value)], write: write)
    }

    /// A log that writes lines from another level on; an unknown level changes nothing.
    package func from(_ level: String) -> Log { Log(level: Level(level) ?? self.level, fields: fields, write: write) }

    /// Writes a line, unless its level is below the log's.
    ///
    /// - Parameters:
    ///   - level: the severity.
    ///   - message: the message, without secrets, SQL or addresses.
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

    /// Writes a line that has no level, such as metrics.
    func raw(_ line: String) {
        write(line)
    }
}
