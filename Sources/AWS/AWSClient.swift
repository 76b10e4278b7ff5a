package import HTTP
import JSON
package import System
import Time
import Web

/// Sends calls to AWS.
package final class AWSClient {
    /// The region of calls that do not name one.
    package var region: String { signer.region }

    let http: HTTPClient
    let pause: (Duration) -> Void
    let random: () -> Double
    var signer: CallSigner
    var budget = RetryBudget()
    /// The pace of calls where a service limits it, by the address that they go to.
    private var paces: [URL: Pace] = [:]

    /// Creates a client from the environment.
    ///
    /// - Parameters:
    ///   - environment: the process's environment variables.
    ///   - http: carries the requests.
    ///   - pause: waits between attempts.
    ///   - random: numbers from 0 up to 1 that spread the attempts of many clients.
    /// - Throws: ``AWSError/misconfigured(_:)`` when no region is set, or a kind of endpoints is neither true nor false.
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
        self.http = http
        self.pause = pause
        self.random = random
        signer = try CallSigner(region: region, environment: environment, http: http)
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

    /// Makes one call and reads its answer, a JSON document.
    func send<Output>(
        _ call: AWSCall,
        before deadline: Deadline,
        reading read: (JSONValue) throws(JSONError) -> Output
    ) throws(AWSError) -> Output {
        try send(call, before: deadline).read(of: call, read)
    }

    /// Makes many calls; each stands for itself. Answers come in the order of the calls.
    ///
    /// - Parameters:
    ///   - calls: the calls.
    ///   - limit: the greatest number of calls in flight.
    ///   - quota: the service's limit, if it has one: the calls then go out in rounds of as many as may be in flight.
    ///   - deadline: when to give up.
    func sendAll(
        _ calls: [AWSCall],
        inFlight limit: Int,
        within quota: Pace.Quota? = nil,
        before deadline: Deadline
    ) -> [Result<HTTPResponse, AWSError>] {
        repeating(calls, before: deadline) { requests in
            guard let quota else { return http.performAll(requests, inFlight: limit, before: deadline) }
            return requests.chunks(of: limit).flatMap { round in
                let wait = round.map { paces[$0.url, default: Pace(quota)].take(1) }.max() ?? .zero
                // A round that would begin too late fails by its deadline.
                if wait > .zero { pause(min(wait, deadline.remaining)) }
                return http.performAll(Array(round), inFlight: limit, before: deadline)
            }
        }
    }

    /// Makes many calls and reads their answers, a JSON document each.
    func sendAll<Output>(
        _ calls: [AWSCall],
        inFlight limit: Int,
        within quota: Pace.Quota? = nil,
        before deadline: Deadline,
        reading read: (JSONValue) throws(JSONError) -> Output
    ) -> [Result<Output, AWSError>] {
        let answers = sendAll(calls, inFlight: limit, within: quota, before: deadline)
        return zip(calls, answers).map { call, answer in
            Result { () throws(AWSError) in try answer.get().read(of: call, read) }
        }
    }
}
