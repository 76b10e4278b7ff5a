/// A moment in UTC, as the placeholders of a scheduled query name it.
public struct QueryTime: Sendable, Equatable {
    private static let secondsPerDay: Int64 = 86_400

    /// The moment in seconds.
    public let secondsSince1970: Int64

    /// Creates a time.
    public init(secondsSince1970: Int64) {
        self.secondsSince1970 = secondsSince1970
    }

    /// Reads the time of an EventBridge event or of an object in S3, `2024-03-05T14:30:07Z` or with milliseconds; nil for
    /// another form.
    public init?(_ text: String) {
        let bytes = Array((text.hasSuffix(".000Z") ? text.dropLast(5) + "Z" : text[...]).utf8)
        let shape = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == shape.count else { return nil }
        var numbers: [Int64] = [0]
        for (byte, expected) in zip(bytes, shape) {
            if expected == UInt8(ascii: "0") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int64(byte - UInt8(ascii: "0"))
            } else {
                guard byte == expected else { return nil }
                numbers.append(0)
            }
        }
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24, numbers[4] < 60 else {
            return nil
        }
        let days = Self.days(year: numbers[0], month: numbers[1], day: numbers[2])
        secondsSince1970 = days * Self.secondsPerDay + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    }

    /// Why a text cannot be filled in, in words that follow its name.
    public struct Mistake: Error, Equatable {
        /// What is wrong.
        public let reason: String
    }

    /// Fills in what stands in double braces: `{{date}}`, `{{year}}`, `{{month}}`, `{{day}}`, `{{hour}}`, `{{time}}` and
    /// `{{timestamp}}`, each also some days earlier or later, as in `{{date-1}}`.
    ///
    /// - Throws: ``Mistake`` for another word in the braces.
    public func filling(_ text: String) throws(Mistake) -> String {
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
        guard offset.isEmpty || offset.count <= 6, let days = offset.isEmpty ? 0 : Int64(offset) else { return nil }
        return QueryTime(secondsSince1970: secondsSince1970 + days * Self.secondsPerDay).value(named: name)
    }

    private func value(named name: Substring) -> String? {
        let second = (secondsSince1970 % Self.secondsPerDay + Self.secondsPerDay) % Self.secondsPerDay
        let date = Self.date(days: (secondsSince1970 - second) / Self.secondsPerDay)
        let time = [second / 3600, second / 60 % 60, second % 60].map(Self.padded)
        switch name {
        case "date": return date.joined(separator: "-")
        case "year": return date[0]
        case "month": return date[1]
        case "day": return date[2]
        case "hour": return time[0]
        case "time": return time.joined(separator: ":")
        case "timestamp": return date.joined(separator: "-") + " " + time.joined(separator: ":")
        default: return nil
        }
    }

    private static func padded(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }

    // Days and dates of the Gregorian calendar by counting years from March on, so that leap days come last.

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> [String] {
        let days = days + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return [String(year), padded((month + 2) % 12 + 1), padded(day)]
    }
}
