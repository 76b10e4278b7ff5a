/// A failed invocation.
package enum HandlerError: Error, Equatable, Sendable {
    /// The handler does not know this kind of event.
    case unknownEvent(String)
    /// A setting that the handler needs is missing or not valid.
    case misconfigured(String)
    /// Parts of the work failed; holds one text for each, with the reason.
    case incomplete([String])
}

extension HandlerError: CustomStringConvertible {
    /// The number of failures that an error message lists; the log has them all.
    private static let shownFailures = 5

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
