import AWS
import Alerting

/// The order in which the index of open queries is read: from the position at which the last invocation ran out of
/// time to the youngest query, then from the oldest one to that position. With enough time it reads all of them.
struct OpenQueryWalk {
    /// The row after which the next page begins; nil for the oldest.
    private(set) var start: Item?
    /// Whether every query has had its turn.
    private(set) var isOver = false
    /// The oldest query that has been read.
    private(set) var oldest: OpenQuery?

    /// The position at which this invocation began; nil for the oldest query.
    private var beginning: Item?
    private var hasTurned = false

    /// Begins an invocation at the position at which the last one ended.
    mutating func begin() {
        isOver = false
        hasTurned = false
        beginning = start
    }

    /// Moves on after a page was read.
    ///
    /// - Parameters:
    ///   - queries: the page's queries.
    ///   - count: the number of them, from the first on, for which there was time.
    ///   - next: the position of the next page; nil after the last.
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
