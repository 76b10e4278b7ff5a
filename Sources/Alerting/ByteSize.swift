/// A number of bytes as people write it.
package struct ByteSize: Sendable, Equatable, Comparable {
    package let bytes: Int64

    package init(bytes: Int64) {
        self.bytes = bytes
    }

    private static let units: [(name: String, bytes: Double)] = [
        ("B", 1), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15),
        ("KIB", 0x1p10), ("MIB", 0x1p20), ("GIB", 0x1p30), ("TIB", 0x1p40), ("PIB", 0x1p50),
    ]

    /// Reads a size such as `100 GiB`, `1.5TB` or `1000`; nil for anything else.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        let name = text[digits.endIndex...].drop { $0 == " " }.uppercased()
        guard let number = Double(digits),
            let unit = Self.units.first(where: { $0.name == (name.isEmpty ? "B" : name) }),
            let bytes = Int64(exactly: (number * unit.bytes).rounded())
        else { return nil }
        self.bytes = bytes
    }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

extension ByteSize: CustomStringConvertible {
    /// The size in the largest binary unit that leaves at least one, with one decimal, such as `500.5 GiB`.
    package var description: String {
        var value = Double(bytes)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1023.95 || (unit == "B" && value >= 1024) {
            value /= 1024
            unit = next
        }
        return unit == "B" ? "\(bytes) B" : "\(value.formatted(decimals: 1)) \(unit)"
    }
}

extension Double {
    /// This number with a fixed count of decimals, rounded half away from zero, and with commas between thousands on
    /// demand.
    package func formatted(decimals: Int, isGrouped: Bool = false) -> String {
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        guard isFinite, abs(self * scale) < 9e18 else { return "\(self)" }
        let scaled = Int64((abs(self) * scale).rounded())
        let whole = String(scaled / Int64(scale))
        let fraction = String(scaled % Int64(scale))
        let padded = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        let sign = self < 0 && scaled != 0 ? "-" : ""
        return sign + (isGrouped ? whole.groupedByThousands : whole) + (decimals > 0 ? "." + padded : "")
    }
}

extension String {
    /// These digits with a comma before each third from the right.
    package var groupedByThousands: String {
        var grouped = ""
        for (index, digit) in enumerated() {
            if index > 0, (count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }
}
