import Testing
import Time

@testable import AWS

@Suite struct ServiceClockTests {
    private let now = Timestamp(secondsSince1970: 784_111_777)

    @Test(arguments: [
        ("InvalidSignatureException", "Sun, 06 Nov 1994 08:49:37 GMT", nil),
        ("InvalidSignatureException", "Sun, 06 Nov 1994 08:53:36 GMT", nil),
        ("InvalidSignatureException", "Sun, 06 Nov 1994 08:53:37 GMT", 240),
        ("RequestTimeTooSkewed", "Sun, 06 Nov 1994 08:45:37 GMT", -240),
        ("AccessDenied", "Sun, 06 Nov 1994 09:49:37 GMT", nil), ("RequestExpired", "yesterday", nil),
        ("RequestExpired", nil, nil),
    ])
    func onlyARefusedSignatureCorrectsTheClock(_ code: String, _ date: String?, _ seconds: Int?) {
        var clock = ServiceClock()
        let isCorrected = clock.correct(afterRefusal: code, date: date, now: now)
        #expect(isCorrected == (seconds != nil))
        #expect(clock.offset == .seconds(seconds ?? 0))
    }

    @Test func theSameCorrectionIsMadeOnce() {
        var clock = ServiceClock()
        let date = "Sun, 06 Nov 1994 09:49:37 GMT"
        let outcomes = (0..<2).map { _ in clock.correct(afterRefusal: "AuthFailure", date: date, now: now) }
        #expect(outcomes == [true, false])
    }
}
