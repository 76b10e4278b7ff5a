/// Why an invocation cannot succeed.
package enum HandlerError: Error, Equatable, Sendable {
    /// The event is none that the handler knows.
    case unknownEvent(String)
    /// Something that the handler needs is not set, or makes no sense.
    case misconfigured(String)
    /// Parts of the work failed; what failed and why, one text each.
    case incomplete([String])
}

extension HandlerError: CustomStringConvertible {
    /// How many failures an error message lists; the log has them all.
    private static let shownFailures = 5

    /// The error in plain words.
    package var description: String {
        switch self {
        case .unknownEvent(let reason): "the event is of no known shape: \(reason)"
        case .misconfigured(let name): name
        case .incomplete(let failures):
            failures.prefix(Self.shownFailures).joined(separator: "; ")
                + (failures.count > Self.shownFailures ? "; and \(failures.count - Self.shownFailures) more" : "")
        }
    }
}
