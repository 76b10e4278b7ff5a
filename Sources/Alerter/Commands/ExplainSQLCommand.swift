import Alerting
import Commands
import JSON
import Querying
import System

/// `athena-alerter explain-sql`: says what SQL statements do with tables, and what would make them cheaper.
struct ExplainSQLCommand {
    private let file: String

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        guard let file = try options.operands(atMost: 1).first else {
            throw WrongUsage("explain-sql: a file is missing")
        }
        self.file = file
    }

    /// Prints what is known of each statement, and returns the exit status.
    func run() -> Int32 {
        do {
            let sql = String(decoding: try LocalFile(argument: file).contents(), as: UTF8.self)
            return CommandOutput.write(SQLStatements.split(sql).map(Self.text).joined(separator: "\n"))
        } catch {
            return CommandOutput.fail("\(file): \(error)", status: 1)
        }
    }

    private static func text(of sql: String) -> String {
        var lines: [String]
        do {
            lines = try StatementShape(sql).lines
        } catch {
            lines = ["not understood: \(error.reason)"]
        }
        return lines.map { $0.printable + "\n" }.joined()
    }
}
