import Alerting
import Commands
import JSON
import Querying
import System

/// `athena-alerter explain-sql`: says what SQL statements do with tables, and what would make them cheaper.
struct ExplainSQLCommand {
    private let file: String
    private let definitionFiles: [String]
    private let database: String?

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        var definitionFiles: [String] = []
        while let file = try options.takeValue("--table-definition") { definitionFiles.append(file) }
        database = try options.takeValue("--database")
        guard let file = try options.operands(atMost: 1).first else {
            throw WrongUsage("explain-sql: a file is missing")
        }
        self.file = file
        self.definitionFiles = definitionFiles
    }

    /// Prints what is known of each statement, and returns the exit status.
    func run(_ alerter: AlerterSystem) throws -> Int32 {
        let definitions = try definitionFiles.map(Self.definition)
        let sql = String(decoding: try Self.contents(of: file), as: UTF8.self)
        let texts = SQLStatements.split(sql).map { text(of: $0, definitions, alerter.settings.hints) }
        return CommandOutput.write(texts.joined(separator: "\n"))
    }

    private func text(of sql: String, _ definitions: [TableDefinition], _ settings: HintSettings) -> String {
        let facts = HintFacts(sql: sql, database: database) { name in
            // A name without a database may be any database's.
            definitions.first { $0.name.table == name.table && (name.database ?? $0.name.database) == $0.name.database }
        }
        var lines = facts.shape?.lines ?? ["not understood: \(facts.notUnderstood ?? "")"]
        lines += Hints(facts, settings: settings).best.map { "hint \($0.kind.rawValue): \($0.text) \($0.link)" }
        return lines.map { $0.printable + "\n" }.joined()
    }

    private static func definition(_ file: String) throws -> TableDefinition {
        do {
            return try TableDefinition(parsing: try contents(of: file))
        } catch let error as JSONError {
            throw Unusable(description: "\(file): not what `aws glue get-table` prints: \(error)")
        }
    }

    private static func contents(of file: String) throws -> [UInt8] {
        do {
            return try LocalFile(argument: file).contents()
        } catch {
            throw Unusable(description: "\(file): \(error)")
        }
    }

    private struct Unusable: Error, CustomStringConvertible {
        let description: String
    }
}
