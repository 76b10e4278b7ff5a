import HTTP
import Time

/// The time of day at AWS: this machine's, until a refused signature shows that it is minutes off.
struct ServiceClock {
    /// AWS takes signatures that are five minutes old.
    private static let tolerance = Duration.seconds(240)

    private static let codes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
        "RequestInTheFuture",
    ]

    /// The time to add to this machine's clock.
    private(set) var offset = Duration.zero

    /// The time of day at AWS.
    var now: Timestamp { .now + offset }

    /// Takes over AWS's time when a signature was refused and the clock is minutes off.
    ///
    /// - Parameters:
    ///   - code: AWS's code for the refusal.
    ///   - date: the `Date` of the refusal.
    ///   - now: the time on this machine's clock.
    /// - Returns: whether the clock was wrong.
    mutating func correct(afterRefusal code: String, date: String?, now: Timestamp = .now) -> Bool {
        guard Self.codes.contains(code), let seconds = date.flatMap(HTTPDate.secondsSince1970) else { return false }
        let offset = Timestamp(secondsSince1970: Int64(seconds)) - now
        guard max(offset - self.offset, self.offset - offset) >= Self.tolerance else { return false }
        self.offset = offset
        return true
    }
}
