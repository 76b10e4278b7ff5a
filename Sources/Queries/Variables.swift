import LambdaRuntime
import Querying
import System

/// Reads optional environment variables of several types; each is nil when it is not set.
struct Variables {
    private let environment: Environment

    init(_ environment: Environment) {
        self.environment = environment
    }

    func flag(_ name: String) throws(HandlerError) -> Bool? {
        switch environment[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?: throw Self.expected("true or false", name, text)
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(HandlerError) -> Choice? where Choice.RawValue == String {
        guard let text = environment[name] else { return nil }
        guard let choice = Choice(rawValue: text) else { throw Self.expected(Choice.expectation, name, text) }
        return choice
    }

    func location(_ name: String) throws(HandlerError) -> String? {
        guard let text = environment[name] else { return nil }
        guard ObjectLocation(text) != nil else { throw Self.expected("s3://bucket/path/", name, text) }
        return text
    }

    /// The value of a variable, or the setting that stands in for it.
    ///
    /// - Parameters:
    ///   - setting: the setting.
    ///   - key: the setting's key.
    ///   - parse: makes the value from the variable's text.
    /// - Throws: ``HandlerError`` when both are set, since one of them would be ignored without a word.
    func either<Value>(
        _ name: String,
        or setting: Value?,
        _ key: String,
        parse: (String) -> Value
    ) throws(HandlerError) -> Value? {
        guard let text = environment[name] else { return setting }
        guard setting == nil else {
            throw .misconfigured("\(name) and \(key) in the settings are both set; one of them is enough")
        }
        return parse(text)
    }

    private static func expected(_ expectation: String, _ name: String, _ text: String) -> HandlerError {
        .misconfigured("\(name): expected \(expectation), found '\(text.excerpt)'")
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// The values there are, as an error lists them.
    static var expectation: String { "one of " + allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ") }
}
