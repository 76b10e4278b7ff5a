/// An amount of money as an exact decimal number, so that a sum of many amounts is the sum of what their rows show.
package struct ExactAmount: Sendable, Equatable, Comparable {
    /// The digits after the point. An amount that a row shows has at most 17 digits, and the least that a query costs
    /// has its first in the fifth place.
    private static let decimals = 24
    private static let one = (0..<decimals).reduce(Int128(1)) { product, _ in product * 10 }

    static let unitsOfOne = Double(one)

    /// The amount in units of the last digit.
    let units: Int128

    package static let zero = ExactAmount(units: 0)

    /// The greatest amount. A sum that is greater stays at it.
    package static let greatest = ExactAmount(units: greatestUnits)

    /// The units of the greatest amount, a hundred times which are a number, too.
    private static let greatestUnits = one * 1_000_000_000_000

    private init(units: Int128) {
        self.units = min(max(units, -Self.greatestUnits), Self.greatestUnits)
    }

    /// Creates the number that the digits of an amount show.
    package init(_ amount: Double) {
        self = ExactAmount("\(amount)") ?? .zero
    }

    /// Reads a decimal number, also with an exponent; nil for another form and for numbers that are too large. Digits
    /// beyond the last place are dropped.
    package init?(_ text: String) {
        let parts = text.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false).flatMap {
            $0.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false)
        }
        guard let number = parts.first, parts.count <= 2 else { return nil }
        var exponent = 0
        if parts.count == 2 {
            guard let stated = Int(parts[1]), abs(stated) < 400 else { return nil }
            exponent = stated
        }
        let isNegative = number.hasPrefix("-")
        let halves = (isNegative ? number.dropFirst() : number)
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = halves.joined().utf8.map { Int128($0) - 48 }
        guard !digits.isEmpty, digits.allSatisfy({ (0...9).contains($0) }), let whole = halves.first else { return nil }
        // The place of the point among the digits, moved by the exponent and to the last place.
        let count = whole.utf8.count + exponent + Self.decimals
        var units: Int128 = 0
        for index in 0..<max(0, count) {
            let digit = index < digits.count ? digits[index] : 0
            let (product, isTooLarge) = units.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(digit)
            guard !isTooLarge, !overflow else { return nil }
            units = sum
        }
        self.init(units: isNegative ? -units : units)
    }

    package static func + (left: ExactAmount, right: ExactAmount) -> ExactAmount {
        let (sum, overflow) = left.units.addingReportingOverflow(right.units)
        return ExactAmount(units: overflow ? .max : sum)
    }

    package static func < (left: ExactAmount, right: ExactAmount) -> Bool { left.units < right.units }

    /// The nearest binary number, for people.
    package var approximate: Double { Double(units) / Self.unitsOfOne }
}

extension ExactAmount: CustomStringConvertible {
    /// All digits, without an exponent and without zeros at the end.
    package var description: String {
        let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: Self.one.magnitude)
        let digits = String(String(Self.one.magnitude + rest).dropFirst())
        let fraction = digits.lastIndex { $0 != "0" }.map { digits[...$0] } ?? ""
        return (units < 0 ? "-" : "") + "\(whole)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
