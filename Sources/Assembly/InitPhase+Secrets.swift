import AWS
import JSON
import LambdaRuntime
package import Settings

extension InitPhase {
    /// The text of a secret, read from its place.
    ///
    /// - Parameters:
    ///   - secret: the secret; nil when none is set.
    ///   - key: the setting or variable that names the secret.
    /// - Throws: ``SettingsError`` when the place has no such secret, or AWS does not give it out.
    package func text(of secret: Secret?, key: String) throws(SettingsError) -> String? {
        let text: String
        do {
            switch secret {
            case nil: return nil
            case .literal(let literal): text = literal
            case .parameter(let name): text = try Secrets(aws).parameter(name, before: deadline)
            case .secret(let id, let member):
                let whole = try Secrets(aws).secret(id, before: deadline)
                text = try member.map { try Self.member($0, of: whole) } ?? whole
            }
        } catch {
            throw SettingsError(key: key, problem: "expected a secret at \(secret?.place ?? ""): \(error)")
        }
        return try Secret.word(of: text, key: key)
    }

    private static func member(_ name: String, of secret: String) throws(HandlerError) -> String {
        guard let text = (try? JSONValue(parsing: secret.utf8))?[name]?.string else {
            throw .misconfigured("the secret is not a JSON object with a text named '\(name)'")
        }
        return text
    }
}
