/// The keys of the objects in the bucket of the history.
package enum HistoryPlace {
    /// The folder of the queries of all days.
    package static let queries = "queries/"
    /// The folder of the sums of all days.
    package static let sums = "sums/"
    private static let partition = "dt="

    /// The queries of a day.
    package static func queries(of day: String) -> String { "\(queries)\(partition)\(day)/queries.json.gz" }

    /// The sums of a day.
    package static func sums(of day: String) -> String { "\(sums)\(partition)\(day)/sums.json.gz" }

    /// The page of a period.
    package static func page(of period: Period) -> String { "pages/\(period.kind.rawValue)/\(period.name).html" }

    /// The day that a key or path names in its folder, nil when it names none.
    package static func day(in path: String) -> String? {
        path.split(separator: "/").last { $0.hasPrefix(partition) }.map { String($0.dropFirst(partition.count)) }
    }
}
