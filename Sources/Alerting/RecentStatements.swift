package import Querying
package import Time

/// The statements that a day's alerts were about most recently, so that one that runs again and again is noticed.
///
/// There is room for a few only. A statement that others have pushed out counts from one again, so a count is never too
/// high.
package struct RecentStatements: Sendable, Equatable {
    private static let mostStatements = 12
    /// A count in the table may be any number.
    private static let mostRuns: Int64 = 1_000_000

    /// The statements, the one that ran last first.
    package private(set) var statements: [Statement] = []

    /// A statement and its runs that succeeded.
    package struct Statement: Sendable, Equatable {
        package let fingerprint: StatementFingerprint
        package let runs: Int64
        /// The end of the latest run, which made the latest result.
        package let ended: Timestamp

        package init(fingerprint: StatementFingerprint, runs: Int64, ended: Timestamp) {
            self.fingerprint = fingerprint
            self.runs = runs
            self.ended = ended
        }
    }

    package init(_ statements: [Statement] = []) {
        self.statements = Array(statements.prefix(Self.mostStatements))
    }

    /// Adds a run.
    ///
    /// - Returns: what its statement did before; nil for one that is new, or that did not leave a result.
    mutating func add(_ query: FinishedQuery) -> Repetition? {
        guard let fingerprint = query.fingerprint, query.state == .succeeded,
            let began = query.submissionTimestamp.flatMap(Timestamp.init(dateAndTime:)),
            let ended = query.completionTimestamp.flatMap(Timestamp.init(dateAndTime:))
        else { return nil }
        let earlier = statements.first { $0.fingerprint == fingerprint }
        statements.removeAll { $0.fingerprint == fingerprint }
        let runs = min(earlier?.runs ?? 0, Self.mostRuns) + 1
        let statement = Statement(fingerprint: fingerprint, runs: runs, ended: max(ended, earlier?.ended ?? ended))
        statements = Array(([statement] + statements).prefix(Self.mostStatements))
        return earlier.map { Repetition(runs: runs, resultAge: began.secondsSince1970 - $0.ended.secondsSince1970) }
    }
}

/// A statement that ran before on the same day.
package struct Repetition: Sendable, Equatable {
    /// Its runs so far, this one included.
    package let runs: Int64
    /// The age of the latest result when this run began, in seconds; negative where the runs overlapped.
    package let resultAge: Int64

    package init(runs: Int64, resultAge: Int64) {
        self.runs = runs
        self.resultAge = resultAge
    }
}
