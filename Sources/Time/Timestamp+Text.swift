extension Timestamp {
    /// The day, `YYYY-MM-DD`.
    package var date: String { formatted("YYYY-MM-DD") }

    /// The second of the day, `hh:mm:ss`.
    package var time: String { formatted("hh:mm:ss") }

    /// The day and the second, `YYYY-MM-DD hh:mm:ss`.
    package var dateAndTime: String { formatted("YYYY-MM-DD hh:mm:ss") }

    /// The form of ISO 8601 that most services use, `YYYY-MM-DDThh:mm:ssZ`.
    package var iso8601: String { formatted("YYYY-MM-DDThh:mm:ssZ") }

    /// The form of ISO 8601 with milliseconds, `YYYY-MM-DDThh:mm:ss.fffZ`.
    package var iso8601WithMilliseconds: String {
        let thousandths = millisecondsSince1970 - secondsSince1970 * 1000
        return formatted("YYYY-MM-DDThh:mm:ss.") + String(String(1000 + thousandths).dropFirst()) + "Z"
    }

    /// The text of a shape such as `YYYY-MM-DD hh:mm:ss`: each letter of `YMDhms` becomes a digit of the year, month,
    /// day, hour, minute or second, and all other characters stay.
    package func formatted(_ shape: StaticString) -> String {
        let day = CalendarDate(self)
        let second = Int(secondsSince1970 - day.dayNumber * 86_400)
        var numbers: CalendarNumbers = [day.year, day.month, day.day, second / 3600, second / 60 % 60, second % 60]
        return String(unsafeUninitializedCapacity: shape.utf8CodeUnitCount) { text in
            for index in (0..<shape.utf8CodeUnitCount).reversed() {
                let sign = shape.utf8Start[index]
                if let place = Self.place(of: sign) {
                    text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: numbers[place] % 10)
                    numbers[place] /= 10
                } else {
                    text[index] = sign
                }
            }
            return shape.utf8CodeUnitCount
        }
    }

    /// Reads `YYYY-MM-DDThh:mm:ssZ`, also with a fraction of the second; nil for another form, and for days and hours
    /// that do not exist.
    package init?(iso8601 text: String) {
        var text = text
        let time = text.withUTF8 { Timestamp(iso8601: UnsafeRawBufferPointer($0)) }
        guard let time else { return nil }
        self = time
    }

    /// Reads the same form in UTF-8.
    package init?(iso8601 bytes: UnsafeRawBufferPointer) {
        guard bytes.last == UInt8(ascii: "Z"),
            let seconds = Self.seconds(bytes, shape: "YYYY-MM-DDThh:mm:ss")
        else { return nil }
        let fraction = bytes[19...].dropLast()
        guard !fraction.isEmpty else {
            self.init(secondsSince1970: seconds)
            return
        }
        guard fraction.first == UInt8(ascii: "."), fraction.count > 1,
            fraction.dropFirst().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let digits = fraction.dropFirst().prefix(3).map { Int64($0 - UInt8(ascii: "0")) } + [0, 0]
        self.init(millisecondsSince1970: seconds * 1000 + digits[0] * 100 + digits[1] * 10 + digits[2])
    }

    /// Reads `YYYY-MM-DD hh:mm:ss`; nil for another form, and for days and hours that do not exist.
    package init?(dateAndTime text: String) {
        self.init(text, shape: "YYYY-MM-DD hh:mm:ss")
    }

    /// Reads a day, `YYYY-MM-DD`; nil for another form, and for days that do not exist.
    package init?(date text: String) {
        self.init(text, shape: "YYYY-MM-DD")
    }

    private init?(_ text: String, shape: StaticString) {
        var text = text
        let seconds = text.withUTF8 { bytes in
            bytes.count == shape.utf8CodeUnitCount ? Self.seconds(UnsafeRawBufferPointer(bytes), shape: shape) : nil
        }
        guard let seconds else { return nil }
        self.init(secondsSince1970: seconds)
    }

    /// The moment that bytes begin with, in seconds since 1970.
    private static func seconds(_ bytes: UnsafeRawBufferPointer, shape: StaticString) -> Int64? {
        guard bytes.count >= shape.utf8CodeUnitCount else { return nil }
        var numbers: CalendarNumbers = [0, 0, 0, 0, 0, 0]
        for index in 0..<shape.utf8CodeUnitCount {
            let (byte, sign) = (bytes[index], shape.utf8Start[index])
            if let place = place(of: sign) {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                numbers[place] = numbers[place] * 10 + Int(byte - UInt8(ascii: "0"))
            } else if byte != sign {
                return nil
            }
        }
        guard CalendarDate.exists(year: numbers[0], month: numbers[1], day: numbers[2]), numbers[3] < 24,
            numbers[4] < 60, numbers[5] < 60
        else { return nil }
        let day = CalendarDate(year: numbers[0], month: numbers[1], day: numbers[2]).dayNumber
        return day * 86_400 + Int64(numbers[3] * 3600 + numbers[4] * 60 + numbers[5])
    }

    /// Year, month, day, hour, minute and second.
    private typealias CalendarNumbers = InlineArray<6, Int>

    /// The index of the number that a letter of a shape stands for, nil for any other character.
    private static func place(of letter: UInt8) -> Int? {
        switch letter {
        case UInt8(ascii: "Y"): 0
        case UInt8(ascii: "M"): 1
        case UInt8(ascii: "D"): 2
        case UInt8(ascii: "h"): 3
        case UInt8(ascii: "m"): 4
        case UInt8(ascii: "s"): 5
        default: nil
        }
    }
}
