import Czlib
package import HTTP
package import System
import Time
import Web

/// Addresses, signs, sends and, where that helps, repeats calls to AWS.
package final class AWSClient {
    /// The region of calls that do not name one.
    package let region: String

    private let http: HTTPClient
    private let endpoints: EndpointResolver
    private let credentials: CredentialSource
    private let pause: (Duration) -> Void
    private let random: () -> Double
    private var budget = RetryBudget()
    /// How fast calls go out where a service limits that, by the address that they go to.
    private var paces: [String: Pace] = [:]
    /// What to add to this machine's clock to get AWS's.
    private var clockOffset = Duration.zero

    /// Creates a client from what the environment says.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - http: carries the requests.
    ///   - pause: waits between attempts.
    ///   - random: numbers from 0 up to 1 that spread the attempts of many clients.
    /// - Throws: ``AWSError/misconfigured(_:)`` when no region is set.
    package init(
        environment: Environment,
        http: HTTPClient,
        pause: @escaping (Duration) -> Void = Pause.sleep,
        random: @escaping () -> Double = { Double.random(in: 0..<1) }
    ) throws(AWSError) {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"].compactMap { environment[$0] }
        guard let region = variables.first ?? SharedConfiguration(environment: environment).region else {
            throw .misconfigured("AWS_REGION is not set")
        }
        self.region = region
        self.http = http
        self.pause = pause
        self.random = random
        endpoints = EndpointResolver(environment: environment)
        credentials = CredentialSource(environment: environment, http: http)
    }

    /// How long the warm-up may take: whoever does not answer now may do so when it is needed.
    private static let warmUpLimit = Duration.seconds(1)

    /// Does in the init phase what the first calls would have to do besides: finds the addresses, opens connections, reads
    /// certificates, and has the signer work once. Nothing depends on how it ends. What it asks for is the health check of an
    /// endpoint, which needs no permission and costs nothing.
    ///
    /// - Parameter services: what will be called first.
    package func warmUp(_ services: [AWSService]) {
        let deadline = Deadline.after(Self.warmUpLimit)
        let pings = services.compactMap { try? endpoints.endpoint(of: $0, in: region).url }
            .map { HTTPRequest(url: $0 + "/ping") }
        _ = http.performAll(pings, inFlight: pings.count, before: deadline)
        if var ping = pings.first, let keys = try? credentials.credentials(before: deadline) {
            SigV4Signer(credentials: keys, region: region, service: services[0].signingName).sign(&ping, at: .now)
        }
    }

    /// Makes one call.
    ///
    /// - Parameter sink: takes the body of a successful answer; it is begun anew with each attempt.
    func send(
        _ call: AWSCall,
        sink: (any ResponseSink)? = nil,
        before deadline: Deadline
    ) throws(AWSError) -> HTTPResponse {
        let outcomes = repeating([call], before: deadline) { requests in
            requests.map { request in
                Result { () throws(HTTPError) in try http.perform(request, before: deadline, sink: sink) }
            }
        }
        return try outcomes[0].get()
    }

    /// Makes many calls, some of them at a time; each stands for itself. Answers come in the order of the calls.
    func sendAll(
        _ calls: [AWSCall],
        inFlight limit: Int,
        before deadline: Deadline
    ) -> [Result<HTTPResponse, AWSError>] {
        repeating(calls, before: deadline) { http.performAll($0, inFlight: limit, before: deadline) }
    }

    /// The same within a quota, in rounds of so many as may be in flight.
    func sendAll(
        _ calls: [AWSCall],
        inFlight limit: Int,
        within quota: Pace.Quota,
        before deadline: Deadline
    ) -> [Result<HTTPResponse, AWSError>] {
        repeating(calls, before: deadline) { requests in
            requests.chunks(of: limit).flatMap { round in
                let wait = round.map { paces[$0.url, default: Pace(quota)].take(1) }.max() ?? .zero
                // What would begin too late fails by its deadline.
                if wait > .zero { pause(min(wait, deadline.remaining)) }
                return http.performAll(Array(round), inFlight: limit, before: deadline)
            }
        }
    }

    /// Makes calls, and again those of which there is hope.
    private func repeating(
        _ calls: [AWSCall],
        before deadline: Deadline,
        perform: ([HTTPRequest]) -> [Result<HTTPResponse, HTTPError>]
    ) -> [Result<HTTPResponse, AWSError>] {
        var outcomes = [Result<HTTPResponse, AWSError>](
            repeating: .failure(.misconfigured("the call was not made")),
            count: calls.count
        )
        var spent = [Int](repeating: 0, count: calls.count)
        var waiting = Array(calls.indices)
        var attempt = 1
        while !waiting.isEmpty {
            let answers = attemptAll(waiting.map { calls[$0] }, before: deadline, perform: perform)
            var again: [Int] = []
            var delay = Duration.zero
            for (index, answer) in zip(waiting, answers) {
                outcomes[index] = answer.outcome
                switch answer.outcome {
                case .success: budget.refund(spent[index])
                case .failure(let error):
                    // Calls that never began because time was over must not use up what others need.
                    guard !deadline.hasPassed,
                        let wanted = retryDelay(calls[index], afterAttempt: attempt, error, answer, &spent[index])
                    else { continue }
                    again.append(index)
                    delay = max(delay, wanted)
                }
            }
            guard !again.isEmpty, deadline.allows(delay) else { break }
            pause(delay)
            waiting = again
            attempt += 1
        }
        return outcomes
    }

    private struct Answer {
        let outcome: Result<HTTPResponse, AWSError>
        var headers: HTTPHeaders = [:]
    }

    private func attemptAll(
        _ calls: [AWSCall],
        before deadline: Deadline,
        perform: ([HTTPRequest]) -> [Result<HTTPResponse, HTTPError>]
    ) -> [Answer] {
        let keys: Credentials
        do throws(AWSError) {
            keys = try credentials.credentials(before: deadline)
        } catch {
            return calls.map { _ in Answer(outcome: .failure(error)) }
        }
        // A call that cannot be addressed fails by itself.
        let requests = calls.map { call in Result { () throws(AWSError) in try signed(call, with: keys) } }
        var results = perform(requests.compactMap { try? $0.get() }).makeIterator()
        return zip(calls, requests).map { call, request in
            switch request {
            case .failure(let error): Answer(outcome: .failure(error))
            case .success: read(call, results.next() ?? .failure(.connectionLost("there was no answer")))
            }
        }
    }

    private func signed(_ call: AWSCall, with keys: Credentials) throws(AWSError) -> HTTPRequest {
        let region = call.region ?? region
        let endpoint = try endpoints.endpoint(of: call.service, in: region)
        var request = HTTPRequest(
            method: call.method,
            url: url(of: call, at: endpoint),
            headers: call.headers,
            body: call.body,
            timeout: call.timeout
        )
        let signer = SigV4Signer(credentials: keys, region: region, service: call.service.signingName)
        signer.sign(&request, at: .now + clockOffset)
        return request
    }

    private func url(of call: AWSCall, at endpoint: (url: String, isCustom: Bool)) -> String {
        let url = call.bucket.map { S3.url(bucket: $0, key: call.key ?? "", endpoint: endpoint) }
        let query = call.query.map { "\($0.name)=\($0.value.percentEncoded())" }.joined(separator: "&")
        return (url ?? endpoint.url + call.path) + (query.isEmpty ? "" : "?" + query)
    }

    private func read(_ call: AWSCall, _ result: Result<HTTPResponse, HTTPError>) -> Answer {
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

    /// How long to wait before trying again, or nil when there is no sense in that.
    private func retryDelay(
        _ call: AWSCall,
        afterAttempt attempt: Int,
        _ error: AWSError,
        _ answer: Answer,
        _ spent: inout Int
    ) -> Duration? {
        guard attempt < call.service.retry.maximumAttempts else { return nil }
        if correctClock(error, date: answer.headers["Date"]) { return .zero }
        if let code = error.code, ["ExpiredToken", "ExpiredTokenException"].contains(code), credentials.renew() {
            return .zero
        }
        let trouble = RetryPolicy.trouble(error)
        guard trouble != .lasting, let price = budget.spend(trouble) else { return nil }
        spent += price
        let wish = answer.headers["x-amz-retry-after"].flatMap { Int($0) }.map { Duration.milliseconds($0) }
        return call.service.retry.delay(afterAttempt: attempt, trouble, random: random(), wish: wish)
    }

    /// AWS takes signatures that are five minutes old.
    private static let clockTolerance = Duration.seconds(240)

    private static let clockCodes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
        "RequestInTheFuture",
    ]

    /// Takes over AWS's time when a signature was refused and this machine's clock is minutes off.
    ///
    /// - Returns: whether it was.
    private func correctClock(_ error: AWSError, date: String?) -> Bool {
        guard let code = error.code, Self.clockCodes.contains(code),
            let seconds = date.flatMap(HTTPDate.secondsSince1970)
        else { return false }
        let offset = Timestamp(secondsSince1970: Int64(seconds)) - .now
        guard max(offset - clockOffset, clockOffset - offset) >= Self.clockTolerance else { return false }
        clockOffset = offset
        return true
    }
}

extension HTTPResponse {
    /// Whether the body is the one that DynamoDB sent.
    fileprivate var hasRightChecksum: Bool {
        guard let checksum = headers["x-amz-crc32"] else { return true }
        return body.withUnsafeBufferPointer { UInt(checksum) == crc32_z(0, $0.baseAddress, $0.count) }
    }
}
