import AWS
import Alerting

/// The order in which the index of open queries is read: on from where the last invocation ran out of time to the
/// youngest query, then from the oldest one to there. With time enough that is all of them, the oldest first.
struct OpenQueryWalk {
    /// After which row the next page begins; nil for the oldest.
    private(set) var start: Item?
    /// Whether every query has had its turn.
    private(set) var isOver = false
    /// The oldest query, as far as it has been seen.
    private(set) var oldest: OpenQuery?

    /// Where this invocation began; nil when that was at the oldest.
    private var beginning: Item?
    private var hasTurned = false

    /// Begins an invocation, where the last one ended.
    mutating func begin() {
        isOver = false
        hasTurned = false
        beginning = start
    }

    /// Notes that a page was read.
    ///
    /// - Parameters:
    ///   - queries: the page's queries.
    ///   - count: for how many of them, from the first on, there was time.
    ///   - next: where the next page begins; nil after the last.
    mutating func pass(_ queries: [OpenQuery], _ count: Int, next: Item?) {
        if start == nil { oldest = queries.first }
        guard count == queries.count else {
            if count > 0 { start = QueriesTable.position(after: queries[count - 1]) }
            return
        }
        start = next
        let hasCaughtUp = hasTurned && (queries.last?.key.startKey ?? "") >= beginning?["start_key"]?.string ?? ""
        if hasCaughtUp || (next == nil && beginning == nil) || (next == nil && hasTurned) {
            start = nil
            isOver = true
        } else if next == nil {
            hasTurned = true
        }
    }
}
