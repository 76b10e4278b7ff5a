import Time

/// A cache of answers, each of which expires: people join and leave.
struct ExpiringCache<Value> {
    private var answers: [String: (value: Value, end: Deadline)] = [:]
    private let limit: Int

    /// Creates a cache.
    ///
    /// - Parameter limit: the number of answers at which all are dropped.
    init(limit: Int) {
        self.limit = limit
    }

    /// The answer for a key; nil when there is none, or when it has expired.
    subscript(key: String) -> Value? {
        guard let answer = answers[key], !answer.end.hasPassed else { return nil }
        return answer.value
    }

    /// Keeps an answer for some time.
    mutating func store(_ value: Value, for key: String, lasting time: Duration) {
        if answers.count >= limit { answers = [:] }
        answers[key] = (value, .after(time))
    }
}
