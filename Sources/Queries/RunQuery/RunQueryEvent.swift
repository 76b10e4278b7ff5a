import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import Time

/// An event of `run_query`, of any source: the members that change the settings, and the event's own id and time.
struct RunQueryEvent {
    private static let memberNames: Set<String> = [
        "query", "database", "catalog", "workgroup", "outputLocation", "bucket", "path", "parameters", "wait", "answer",
        "rowsName", "typed", "deleteResult", "onFailure", "queryExecutionId", "token", "time",
    ]

    /// The event's members; none for a request over HTTP and for an event of AWS's own, which change nothing.
    private let members: JSONValue
    /// The id and the time of the event around the members.
    private let envelope: (id: String?, time: String?)
    /// Whether the event is a request over HTTP.
    let isRequest: Bool

    init(_ event: JSONValue) throws(HandlerError) {
        let request = APIRequest(event)
        let isEnvelope = event["detail-type"] != nil
        let sender = request == nil ? event["source"]?.string : nil
        guard sender != "aws.athena" else {
            throw .unknownEvent(
                "its source is aws.athena: a query that ran upon it would bring about the next such event, without end; "
                    + "a rule for what comes after a query must have another target"
            )
        }
        isRequest = request != nil
        envelope = (isEnvelope ? event["id"]?.string : request?.id, event["time"]?.string)
        if isRequest || (isEnvelope && sender?.hasPrefix("aws.") == true) {
            members = [:]
        } else {
            members = isEnvelope ? event["detail"] ?? [:] : event
        }
        guard case .object(let found) = members else {
            throw .unknownEvent("expected an object, found \(members.found)")
        }
        if let stranger = found.first(where: { !Self.memberNames.contains($0.name) }) {
            let known = Self.memberNames.sorted().joined(separator: ", ")
            throw .unknownEvent("it has '\(stranger.name.excerpt)'; it may have \(known)")
        }
    }

    private func member(_ name: String) -> JSONValue? { members[name] == .null ? nil : members[name] }

    private static func expected(_ expectation: String, _ name: String, _ value: JSONValue) -> HandlerError {
        .unknownEvent("\(name): expected \(expectation), found \(value.found)")
    }

    /// The settings with the event's changes.
    func changing(_ settings: RunQuerySettings) throws(HandlerError) -> RunQuerySettings {
        var changed = settings
        changed.script = try text("query") ?? settings.script
        changed.database = try text("database") ?? settings.database
        changed.catalog = try text("catalog") ?? settings.catalog
        changed.workgroup = try text("workgroup") ?? settings.workgroup
        changed.outputLocation = try outputLocation() ?? settings.outputLocation
        changed.waits = try flag("wait") ?? settings.waits
        changed.answer = try choice("answer") ?? settings.answer
        changed.rowsName = try text("rowsName") ?? settings.rowsName
        changed.isTyped = try flag("typed") ?? settings.isTyped
        changed.deletesResult = try flag("deleteResult") ?? settings.deletesResult
        changed.onFailure = try choice("onFailure") ?? settings.onFailure
        return changed
    }

    func text(_ name: String) throws(HandlerError) -> String? {
        guard let value = member(name) else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw Self.expected("a text that is not empty", name, value)
        }
        return text
    }

    private func flag(_ name: String) throws(HandlerError) -> Bool? {
        guard let value = member(name) else { return nil }
        guard case .bool(let flag) = value else { throw Self.expected("true or false", name, value) }
        return flag
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(HandlerError) -> Choice? where Choice.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw Self.expected(Choice.expectation, name, .string(text))
        }
        return choice
    }

    private func outputLocation() throws(HandlerError) -> String? {
        if let bucket = try text("bucket") {
            return "s3://\(bucket)/\(try text("path") ?? "")"
        }
        guard let text = try text("outputLocation") else { return nil }
        guard ObjectLocation(text) != nil else {
            throw Self.expected("s3://bucket/path/", "outputLocation", .string(text))
        }
        return text
    }

    /// The idempotency token: a retried event has the same, and so finds the execution of its first delivery.
    func token() throws(HandlerError) -> String? { try text("token") ?? envelope.id }

    /// The moment that placeholders name.
    func time() throws(HandlerError) -> QueryTime {
        guard let text = try text("time") ?? envelope.time else { return QueryTime(.now) }
        guard let time = Timestamp(iso8601: text) else {
            throw Self.expected("a time such as 2024-03-05T14:30:00Z", "time", .string(text))
        }
        return QueryTime(time)
    }

    /// The values of the parameters as SQL literals.
    func parameters() throws(HandlerError) -> [String] {
        guard let value = member("parameters") else { return [] }
        guard let elements = value.array else { throw Self.expected("an array", "parameters", value) }
        return try elements.map { element throws(HandlerError) in
            switch element {
            case .string(let text): return SQLStatements.literal(text)
            case .number(let number) where !number.isFinite:
                throw .unknownEvent("parameters: numbers must be finite, found \(number)")
            case .integer, .number, .bool, .null: return element.serialized().uppercased()
            case .array, .object:
                throw Self.expected("texts, numbers, true, false or null", "parameters", element)
            }
        }
    }
}
