/// The settings about queries that still run: from where on a person and the channel are warned.
package struct Running: Sendable, Equatable {
    /// The queries that the bounds are about; nil for all.
    var match: Rule?
    /// The bound from which on the person is warned; nil for never.
    var user: RunningBound?
    /// The bound from which on the channel is warned; nil for never.
    var channel: RunningBound?

    /// The bound at which a query is stopped; nil for never.
    package var stop: RunningBound?

    package init() {}

    /// Whether no query is ever warned of or stopped.
    var isOff: Bool { bounds.isEmpty }

    /// The bounds that are set, with their keys.
    package var bounds: [(key: String, bound: RunningBound)] {
        [("running.warn", user), ("running.warn_channel", channel), ("running.stop", stop)].compactMap { key, bound in
            bound.map { (key, $0) }
        }
    }

    /// Whether the bounds are about a query.
    package func isAbout(_ query: FinishedQuery) -> Bool { match?.applies(to: query) != false }

    /// The targets whose bound a query that still runs has reached, the channel first.
    package func reached(by query: FinishedQuery) -> [AlertTarget] {
        AlertTarget.allCases.filter { target in
            switch target {
            case .channel: channel?.isReached(by: query) == true
            case .user: user?.isReached(by: query) == true
            }
        }
    }
}

/// A bound on what a query that still runs may take.
package enum RunningBound: Sendable, Equatable {
    /// A size or an amount. Athena does not promise to tell of any before the end.
    case threshold(Threshold)
    /// The time that it has been running, in milliseconds.
    case time(Int64)

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("min", 60_000), ("h", 3_600_000), ("s", 1000),
    ]

    /// Reads an amount, a size, or a time such as `30 min`; nil for anything else.
    package init?(_ text: String) {
        if let threshold = Threshold(text) {
            self = .threshold(threshold)
            return
        }
        for unit in Self.units where text.hasSuffix(unit.name) {
            let digits = text.dropLast(unit.name.count).drop { $0 == " " }
            let number = String(digits.reversed().drop { $0 == " " }.reversed())
            guard let count = Int64(number), (1...100_000).contains(count) else { continue }
            self = .time(count * unit.milliseconds)
            return
        }
        return nil
    }

    /// Whether a query that still runs has reached this bound.
    package func isReached(by query: FinishedQuery) -> Bool {
        switch self {
        case .threshold(let threshold): threshold.isReached(by: query)
        case .time(let time): (query.durationMilliseconds ?? 0) >= time
        }
    }
}

extension RunningBound: CustomStringConvertible {
    /// The bound as the settings write it.
    package var description: String {
        switch self {
        case .threshold(let threshold): return "\(threshold)"
        case .time(let time):
            let unit = Self.units.sorted { $0.milliseconds > $1.milliseconds }.first { time % $0.milliseconds == 0 }
            return unit.map { "\(time / $0.milliseconds) \($0.name)" } ?? "\(time) ms"
        }
    }
}
