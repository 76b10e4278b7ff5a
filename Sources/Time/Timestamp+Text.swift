import Glibc

extension Timestamp {
    /// The day, `YYYY-MM-DD`.
    public var date: String { formatted("%4Y-%m-%d") }

    /// The second of the day, `hh:mm:ss`.
    public var time: String { formatted("%H:%M:%S") }

    /// The day and the second, `YYYY-MM-DD hh:mm:ss`.
    public var dateAndTime: String { formatted("%4Y-%m-%d %H:%M:%S") }

    /// The form of ISO 8601 that most services use, `YYYY-MM-DDThh:mm:ssZ`.
    public var iso8601: String { formatted("%4Y-%m-%dT%H:%M:%SZ") }

    /// The same with a fraction of three digits, `YYYY-MM-DDThh:mm:ss.fffZ`.
    public var iso8601WithMilliseconds: String {
        let thousandths = millisecondsSince1970 - secondsSince1970 * 1000
        return formatted("%4Y-%m-%dT%H:%M:%S.") + String(String(1000 + thousandths).dropFirst()) + "Z"
    }

    /// The text that a format of `strftime` makes; a full second is all that it can show. The C library pads a year to four
    /// digits only for `%4Y`.
    public func formatted(_ format: String) -> String {
        var seconds = time_t(secondsSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            let count = strftime(text.baseAddress, text.count, format, &parts)
            return String(decoding: UnsafeRawBufferPointer(text)[..<count], as: UTF8.self)
        }
    }

    /// Reads `YYYY-MM-DDThh:mm:ssZ`, also with a fraction of the second; nil for another form, and for days and hours that
    /// no calendar has.
    public init?(iso8601 text: String) {
        var text = text
        let milliseconds = text.withUTF8 { bytes -> Int64? in
            guard bytes.last == UInt8(ascii: "Z"),
                let seconds = Self.seconds(bytes.prefix(19), shape: "0000-00-00T00:00:00")
            else { return nil }
            let fraction = bytes[19...].dropLast()
            guard !fraction.isEmpty else { return seconds * 1000 }
            guard fraction.first == UInt8(ascii: "."), fraction.count > 1,
                fraction.dropFirst().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            let digits = fraction.dropFirst().prefix(3).map { Int64($0 - UInt8(ascii: "0")) } + [0, 0]
            return seconds * 1000 + digits[0] * 100 + digits[1] * 10 + digits[2]
        }
        guard let milliseconds else { return nil }
        self.init(millisecondsSince1970: milliseconds)
    }

    /// Reads `YYYY-MM-DD hh:mm:ss`; nil for another form, and for days and hours that no calendar has.
    public init?(dateAndTime text: String) {
        self.init(text, shape: "0000-00-00 00:00:00")
    }

    /// Reads a day, `YYYY-MM-DD`; nil for another form, and for days that no calendar has.
    public init?(date text: String) {
        self.init(text, shape: "0000-00-00")
    }

    private init?(_ text: String, shape: StaticString) {
        var text = text
        let seconds = text.withUTF8 { Self.seconds($0[...], shape: shape) }
        guard let seconds else { return nil }
        self.init(secondsSince1970: seconds)
    }

    /// Reads year, month, day, hour, minute and second, or the first of them, of which a shape has a `0` for each digit.
    private static func seconds(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, shape: StaticString) -> Int64? {
        guard bytes.count == shape.utf8CodeUnitCount else { return nil }
        var numbers = InlineArray<6, Int32>(repeating: 0)
        var index = 0
        for (place, byte) in bytes.enumerated() {
            let expected = shape.utf8Start[place]
            if expected == UInt8(ascii: "0") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                numbers[index] = numbers[index] * 10 + Int32(byte - UInt8(ascii: "0"))
            } else {
                guard byte == expected else { return nil }
                index += 1
            }
        }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let seconds = timegm(&parts)
        // What no calendar has would be moved, such as the 30th of February into March.
        guard numbers[0] > 0, parts.tm_mon == numbers[1] - 1, parts.tm_hour == numbers[3], parts.tm_sec == numbers[5]
        else {
            return nil
        }
        return Int64(seconds)
    }
}
