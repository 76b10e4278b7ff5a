package import JSON
package import Time

/// The facts of an invocation besides its event.
package struct InvocationContext {
    /// Lambda's id of the invocation.
    package let requestID: String
    /// The ARN under which the function was invoked.
    package let functionARN: String
    /// The time by which the answer must have been sent.
    package let deadline: Deadline
    /// The log, with the request's id on each line.
    package let log: Log
    /// The counts of the invocation.
    package let metrics: Metrics

    package init(
        requestID: String,
        functionARN: String,
        deadline: Deadline,
        log: Log,
        metrics: Metrics = Metrics()
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        self.deadline = deadline
        self.log = log
        self.metrics = metrics
    }

    /// The account that owns the function, nil when the ARN names none.
    package var accountID: String? {
        let parts = functionARN.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 4 && !parts[4].isEmpty ? String(parts[4]) : nil
    }

    /// The deadline less the time that the handler reserves for its end.
    package func deadline(reserving reserve: Duration) -> Deadline { deadline.reserving(reserve) }
}

/// Answers events, one at a time.
package protocol LambdaHandler {
    /// Whether the handler takes any event and reads none: its events are not parsed, and it gets null.
    var ignoresEvent: Bool { get }

    /// Handles one event.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - context: the invocation.
    /// - Returns: the answer.
    /// - Throws: any error; its description and type become Lambda's error message and type.
    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue
}

extension LambdaHandler {
    /// False: most handlers read their events.
    package var ignoresEvent: Bool { false }
}
