import Alerting
import CloudTrail
import Commands
import JSON
import System

/// `athena-alerter explain`: says of a query which rules apply, who hears, and why.
struct ExplainCommand {
    private enum Source {
        case file(String)
        case message(JSONValue)
    }

    private let source: Source

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        let members = try Self.members(in: &options)
        let operands = try options.operands(atMost: 1)
        switch (operands.first, members.isEmpty) {
        case (let file?, true): source = .file(file)
        case (nil, false): source = .message(Self.message(with: members))
        case (_?, false): throw WrongUsage("explain: expected a file, or options that describe a query, not both")
        case (nil, true): throw WrongUsage("explain: a file, or --user and other options, is missing")
        }
    }

    /// Prints the explanation, and returns the exit status.
    func run(_ alerter: AlerterSystem) throws -> Int32 {
        var query = try query()
        query.cost = query.cost ?? alerter.price.cost(of: query)
        let lines = Explanation(of: query, settings: alerter.settings).lines
        let width = lines.map(\.subject.count).max() ?? 0
        let text = lines.map { subject, words in
            (subject + String(repeating: " ", count: width - subject.count) + "  " + words).printable + "\n"
        }
        return CommandOutput.write(text.joined())
    }

    private func query() throws -> FinishedQuery {
        switch source {
        case .message(let message): return try FinishedQuery(json: message)
        case .file(let path):
            let contents: [UInt8]
            do {
                contents = try LocalFile(argument: path).contents()
            } catch {
                throw Unusable(description: "\(path): \(error)")
            }
            do {
                return try FinishedQuery(parsing: contents)
            } catch {
                throw Unusable(description: "\(path): not the message of a finished query: \(error)")
            }
        }
    }

    private struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// The options: one for each member of a rule, and two more.
    static var options: [CommandDescription.Option] {
        Rule.Member.allCases.map { member in
            let values = member.knownValues.map { ": \($0.joined(separator: ", "))" } ?? ""
            return .init(member.option, "VALUE", "the query's \(member.rawValue)\(values)")
        } + [
            .init("--scanned", "SIZE", "the data that it scanned, such as '100 GiB'"),
            .init("--reason", "WORDS", "Athena's words on how it ended"),
        ]
    }

    /// The members of the message that the options name.
    private static func members(in options: inout Options) throws(WrongUsage) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for member in Rule.Member.allCases {
            guard let value = try options.takeValue(member.option) else { continue }
            if let known = member.knownValues, !known.contains(value) {
                let values = known.joined(separator: ", ")
                throw WrongUsage("explain: \(member.option): expected one of \(values), found '\(value)'")
            }
            members[member.messageKey] = .string(value)
        }
        if let text = try options.takeValue("--scanned") {
            guard let size = ByteSize(text) else {
                throw WrongUsage("explain: --scanned: expected a size such as '100 GiB', found '\(text)'")
            }
            members["data_scanned"] = .integer(size.bytes)
        }
        if let reason = try options.takeValue("--reason") { members["state_change_reason"] = .string(reason) }
        return members
    }

    /// A message of these members, with others in place of those that every message has.
    private static func message(with members: [String: JSONValue]) -> JSONValue {
        let others: [String: JSONValue] = [
            "start_date": "1970-01-01", "start_timestamp": "1970-01-01 00:00:00", "query_execution_id": "explained",
            "query_state": .string(QueryState.succeeded.rawValue), "executing_user": "unknown",
        ]
        return .object(members.merging(others) { own, _ in own }.map { JSONValue.Member($0.key, $0.value) })
    }
}

extension Rule.Member {
    /// The option that gives the member: `--user-type`.
    fileprivate var option: String { "--" + rawValue.map { $0 == "_" ? "-" : String($0) }.joined() }

    /// The member's key in the message of a finished query.
    fileprivate var messageKey: String {
        switch self {
        case .user: "executing_user"
        case .session: "session_name"
        case .account: "account_id"
        case .state: "query_state"
        case .userType, .userSource, .tool, .role, .workgroup, .database, .catalog, .region, .statementType: rawValue
        }
    }
}
