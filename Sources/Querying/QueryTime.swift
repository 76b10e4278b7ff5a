package import Time

/// The moment of a scheduled query, as its placeholders name it.
package struct QueryTime: Sendable, Equatable {
    private let moment: Timestamp

    /// Creates a time.
    package init(_ moment: Timestamp) {
        self.moment = moment
    }

    /// A reason for which a text cannot be filled in, worded to follow the text's name.
    package struct Mistake: Error, Equatable {
        /// The reason.
        package let reason: String
    }

    /// Fills in the placeholders in double braces: `{{date}}`, `{{year}}`, `{{month}}`, `{{day}}`, `{{hour}}`, `{{time}}` and
    /// `{{timestamp}}`, each also some days earlier or later, as in `{{date-1}}`.
    ///
    /// - Throws: ``Mistake`` for another word in the braces.
    package func filling(_ text: String) throws(Mistake) -> String {
        var filled = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"),
            let close = rest[open.upperBound...].firstRange(of: "}}")
        {
            let word = rest[open.upperBound..<close.lowerBound]
            guard let value = value(of: word) else {
                throw Mistake(
                    reason: "there is no '{{\(word)}}'; there are date, year, month, day, hour, time, timestamp"
                )
            }
            filled += rest[..<open.lowerBound] + value
            rest = rest[close.upperBound...]
        }
        return filled + rest
    }

    private func value(of word: Substring) -> String? {
        let name = word.prefix { $0 != "+" && $0 != "-" }
        let offset = word.dropFirst(name.count)
        guard offset.isEmpty || offset.count <= 6, let days = offset.isEmpty ? 0 : Int64(offset) else {
            return nil
        }
        let day = moment + .days(days)
        switch name {
        case "date": return day.date
        case "year": return day.formatted("YYYY")
        case "month": return day.formatted("MM")
        case "day": return day.formatted("DD")
        case "hour": return day.formatted("hh")
        case "time": return day.time
        case "timestamp": return day.dateAndTime
        default: return nil
        }
    }
}
