extension QueryExecution {
    /// The state of an execution.
    ///
    /// https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html
    package enum State: Sendable, Equatable {
        /// Athena has not begun yet.
        case queued
        /// Athena is at work.
        case running
        /// The result is there.
        case succeeded
        /// Athena or the query failed.
        case failed
        /// A user or a limit ended it.
        case cancelled
        /// A state that this program does not know, in Athena's text.
        case unknown(String)
    }
}

extension QueryExecution.State: CustomStringConvertible {
    private static let known: [QueryExecution.State] = [.queued, .running, .succeeded, .failed, .cancelled]

    /// Reads Athena's text.
    package init(_ text: String) {
        self = Self.known.first { $0.text == text } ?? .unknown(text)
    }

    /// Athena's text, such as `SUCCEEDED`.
    package var text: String {
        switch self {
        case .queued: "QUEUED"
        case .running: "RUNNING"
        case .succeeded: "SUCCEEDED"
        case .failed: "FAILED"
        case .cancelled: "CANCELLED"
        case .unknown(let text): text
        }
    }

    /// Athena's text.
    package var description: String { text }

    /// Whether no other state follows; a state that is not known counts as final.
    package var isFinal: Bool { self != .queued && self != .running }
}
