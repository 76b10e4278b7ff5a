import HTTP
import Time
import Web

/// The attempts at calls.
extension AWSClient {
    /// The result of one attempt.
    private struct Answer {
        let outcome: Result<HTTPResponse, AWSError>
        var headers: HTTPHeaders = [:]
        /// The region to which the attempt went.
        var region = ""
    }

    /// Makes calls, and makes those again for which the retry policy says so.
    func repeating(
        _ calls: [AWSCall],
        before deadline: Deadline,
        perform: ([HTTPRequest]) -> [Result<HTTPResponse, HTTPError>]
    ) -> [Result<HTTPResponse, AWSError>] {
        var outcomes = [Result<HTTPResponse, AWSError>](
            repeating: .failure(.misconfigured("the call was not made")),
            count: calls.count
        )
        var spent = [Int](repeating: 0, count: calls.count)
        // The regions in which redirected calls began.
        var beginnings: [Int: String] = [:]
        var waiting = Array(calls.indices)
        var number = 1
        while !waiting.isEmpty {
            let answers = attemptAll(waiting.map { calls[$0] }, before: deadline, perform: perform)
            var again: [Int] = []
            var pauses: [Duration] = []
            for (index, answer) in zip(waiting, answers) {
                outcomes[index] = answer.outcome
                guard case .failure(let error) = answer.outcome else {
                    budget.refund(spent[index])
                    continue
                }
                let isRedirected = signer.redirect(calls[index], after: error, from: answer.region)
                if isRedirected, let beginning = beginnings.updateValue(answer.region, forKey: index) {
                    outcomes[index] = .failure(error.afterRedirects(from: beginning, through: answer.region))
                    continue
                }
                let attempt = failedAttempt(number, error, answer.headers, isRedirected)
                let decision = calls[index].service.retry.decision(
                    after: attempt,
                    remaining: deadline.remaining,
                    budget: budget,
                    random: random()
                )
                guard case .retry(let pause) = decision else { continue }
                spent[index] += budget.spend(on: attempt.kind)
                again.append(index)
                pauses.append(pause)
            }
            if let longest = pauses.max() { pause(longest) }
            waiting = again
            number += 1
        }
        return outcomes
    }

    /// The pause before parts of calls are sent again that failed within an answer; nil where that is of no use.
    func pauseBeforeRetry(
        _ number: Int,
        after kind: FailureKind,
        _ service: AWSService,
        _ deadline: Deadline
    ) -> Duration? {
        let decision = service.retry.decision(
            after: RetryPolicy.FailedAttempt(number: number, kind: kind),
            remaining: deadline.remaining,
            budget: budget,
            random: random()
        )
        guard case .retry(let pause) = decision else { return nil }
        return pause
    }

    private func failedAttempt(
        _ number: Int,
        _ error: AWSError,
        _ headers: HTTPHeaders,
        _ isRedirected: Bool
    ) -> RetryPolicy.FailedAttempt {
        let isCorrected = isRedirected || signer.removeCause(of: error, date: headers["Date"])
        return RetryPolicy.FailedAttempt(
            number: number,
            kind: isCorrected ? .corrected : FailureKind(error),
            wish: headers["x-amz-retry-after"].flatMap { Int($0) }.map { .milliseconds($0) }
        )
    }

    private func attemptAll(
        _ calls: [AWSCall],
        before deadline: Deadline,
        perform: ([HTTPRequest]) -> [Result<HTTPResponse, HTTPError>]
    ) -> [Answer] {
        let keys: Credentials
        do throws(AWSError) {
            keys = try signer.credentials.credentials(before: deadline)
        } catch {
            return calls.map { _ in Answer(outcome: .failure(error)) }
        }
        // A call that cannot be addressed fails by itself.
        let requests = calls.map { call in
            Result { () throws(AWSError) in try signer.request(for: call, with: keys) }
        }
        var results = perform(requests.compactMap { try? $0.get() }).makeIterator()
        return zip(calls, requests).map { call, request in
            var answer =
                switch request {
                case .failure(let error): Answer(outcome: .failure(error))
                case .success: Self.read(call, results.next() ?? .failure(.connectionLost("there was no answer")))
                }
            answer.region = signer.region(of: call)
            return answer
        }
    }

    private static func read(_ call: AWSCall, _ result: Result<HTTPResponse, HTTPError>) -> Answer {
        switch result {
        case .failure(let error):
            return Answer(outcome: .failure(.transport(call: call.name, error)))
        case .success(let response) where !response.isSuccess:
            let error = ServiceError(call: call.name, response: response)
            return Answer(outcome: .failure(.refused(error)), headers: response.headers)
        case .success(let response):
            guard response.hasRightChecksum else {
                return Answer(outcome: .failure(.unreadable(call: call.name, reason: "its checksum is wrong")))
            }
            return Answer(outcome: .success(response))
        }
    }
}
