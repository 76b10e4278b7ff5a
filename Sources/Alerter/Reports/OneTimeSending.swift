import AWS
import Alerting
import LambdaRuntime
import Time

/// Sends something once, however often it is asked to: claims it before it is sent and records it after, as an alert is.
struct OneTimeSending {
    /// The name of the claim and the record.
    static let alert = "summary"

    let records: any AlertRecords

    /// The outcome of one attempt to send.
    enum Attempt {
        /// It went out, or never will: no retry would change it.
        case settled
        /// It certainly did not go out.
        case notSent(String)
        /// It may have gone out.
        case unclear(String)
    }

    /// The outcome of all attempts so far.
    enum Outcome: Equatable {
        case settled
        case settledBefore
        /// Another invocation is sending it.
        case held
        case failed(String)
    }

    /// Sends, unless that was done before or is being done.
    ///
    /// - Parameters:
    ///   - key: the item that has the claim and the record.
    ///   - end: the time at which the claim ends by itself.
    ///   - send: makes the attempt.
    func send(
        _ key: QueryKey,
        until end: Timestamp,
        before deadline: Deadline,
        by send: () -> Attempt
    ) -> Outcome {
        do throws(AWSError) {
            switch try records.claim([Self.alert], of: key, until: end, before: deadline).first {
            case .alreadyAlerted: return .settledBefore
            case .held, nil: return .held
            case .granted(let token):
                switch send() {
                case .settled:
                    try records.record(Self.alert, of: key, at: AlertLedger.time(.now), before: deadline)
                    return .settled
                case .notSent(let reason):
                    try records.release(Self.alert, of: key, token: token, before: deadline)
                    return .failed(reason)
                // The claim stays until it ends: better late than twice.
                case .unclear(let reason): return .failed(reason)
                }
            }
        } catch {
            return .failed("\(error)")
        }
    }
}

extension InvocationContext {
    /// The time at which the invocation ends at the latest, and with it what it has claimed.
    var end: Timestamp { Timestamp.now + max(.zero, deadline.remaining) }
}
