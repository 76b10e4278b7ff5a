/// What a handler knows of its invocation besides the event.
public struct InvocationContext {
    /// Lambda's id of the invocation.
    public let requestID: String
    /// The ARN under which the function was invoked.
    public let functionARN: String
    /// When the answer must have left.
    public let deadline: ContinuousClock.Instant
    /// The log, with the request's id on each line.
    public let log: Log
    /// What the invocation counts.
    public let metrics: Metrics

    /// Creates a context.
    public init(
        requestID: String,
        functionARN: String,
        deadline: ContinuousClock.Instant,
        log: Log,
        metrics: Metrics = Metrics()
    ) {
        self.requestID = requestID
        self.functionARN = functionARN
        self.deadline = deadline
        self.log = log
        self.metrics = metrics
    }

    /// The account that owns the function, nil when the ARN does not tell.
    public var accountID: String? {
        let parts = functionARN.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 4 && !parts[4].isEmpty ? String(parts[4]) : nil
    }

    /// The deadline less the time that an orderly end takes.
    public func deadline(reserving reserve: Duration) -> ContinuousClock.Instant { deadline - reserve }
}

/// Answers events, one at a time.
public protocol LambdaHandler {
    /// Handles one event.
    ///
    /// - Parameters:
    ///   - event: the event's JSON.
    ///   - context: the invocation.
    /// - Returns: the answer's JSON.
    /// - Throws: anything; its description and type become Lambda's error message and type.
    func handle(_ event: [UInt8], _ context: InvocationContext) throws -> [UInt8]
}
