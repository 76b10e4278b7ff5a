extension AlertText {
    /// The reader of an alert.
    package enum Reader: Sendable {
        /// The person who ran the query.
        case runner
        /// Anyone else: a channel, or the owner of the program that ran the query.
        case others
    }

    /// The characters of a notification that a phone shows.
    private static let shownOnPhone = 60
    /// The characters of a name that stay however long the rest is.
    private static let shortestName = 12

    /// The headline with person, size and money, such as `You scanned 640.5 GiB for $3.13`. A long name is cut, so that a
    /// phone shows all three.
    package func headline(for reader: Reader) -> String {
        let rest = " scanned \(size)\(priceTag)"
        switch reader {
        case .runner: return "You" + rest
        case .others: return Self.shortened(query.user, before: rest) + rest
        }
    }

    private var priceTag: String {
        switch query.cost {
        case nil: ", cost unknown"
        case .billed: " for \(cost)"
        case .free: ", \(cost)"
        }
    }

    /// A name, cut so that a phone shows it and the rest of a headline.
    static func shortened(_ name: String, before rest: String) -> String {
        let limit = max(shortestName, shownOnPhone - rest.count)
        return name.count > limit ? name.prefix(limit - 1) + "…" : name
    }
}
