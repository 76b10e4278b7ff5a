import Alerting
import Querying
import Time

/// The short form in which a day's item keeps its statements, `fingerprint:runs:end` with spaces between them. An item is
/// billed by its size.
extension RecentStatements {
    private static let base = 36

    var text: String {
        statements.map { statement in
            let numbers = [
                String(statement.fingerprint.hash, radix: Self.base), String(statement.runs, radix: Self.base),
                String(statement.ended.secondsSince1970, radix: Self.base),
            ]
            return numbers.joined(separator: ":")
        }.joined(separator: " ")
    }

    /// Reads the short form; what is malformed counts as absent.
    init(_ text: String) {
        self.init(
            text.split(separator: " ").compactMap { part in
                let numbers = part.split(separator: ":", omittingEmptySubsequences: false)
                guard numbers.count == 3, let hash = UInt64(numbers[0], radix: Self.base),
                    let runs = Int64(numbers[1], radix: Self.base), runs > 0,
                    let ended = Int64(numbers[2], radix: Self.base)
                else { return nil }
                return Statement(
                    fingerprint: StatementFingerprint(hash: hash),
                    runs: runs,
                    ended: Timestamp(secondsSince1970: ended)
                )
            }
        )
    }
}
