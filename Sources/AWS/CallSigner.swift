import HTTP
import System
import Time

/// Turns calls into requests that are addressed and signed.
struct CallSigner {
    private static let expiryCodes: Set<String> = ["ExpiredToken", "ExpiredTokenException"]

    /// The region of calls that do not name one.
    let region: String
    let endpoints: EndpointResolver
    let credentials: CredentialSource
    private var clock = ServiceClock()
    private var bucketRegions = BucketRegions()

    init(region: String, environment: Environment, http: HTTPClient) throws(AWSError) {
        self.region = region
        endpoints = try EndpointResolver(environment: environment)
        credentials = CredentialSource(environment: environment, http: http)
    }

    /// The region to which a call goes.
    func region(of call: AWSCall) -> String { bucketRegions.region(of: call) ?? call.region ?? region }

    /// Follows S3's redirect of a call to the region of its bucket.
    ///
    /// - Returns: whether the error is a redirect that can be followed.
    mutating func redirect(_ call: AWSCall, after error: AWSError, from region: String) -> Bool {
        bucketRegions.learn(from: error, of: call, sentTo: region)
    }

    /// The signed request of a call.
    func request(for call: AWSCall, with keys: Credentials) throws(AWSError) -> HTTPRequest {
        let region = region(of: call)
        let endpoint = try endpoints.endpoint(of: call.service, in: region)
        var request = HTTPRequest(
            method: call.method,
            url: endpoint.url(of: call),
            headers: call.headers,
            body: call.body,
            timeout: call.timeout
        )
        let signer = SigV4Signer(credentials: keys, region: region, service: call.service.signingName)
        signer.sign(&request, at: clock.now)
        return request
    }

    /// Corrects the clock or forgets keys that have expired, when a refusal says that one of them was the cause.
    ///
    /// - Returns: whether the next signature will be another.
    mutating func removeCause(of error: AWSError, date: String?) -> Bool {
        guard let code = error.code else { return false }
        return clock.correct(afterRefusal: code, date: date)
            || (Self.expiryCodes.contains(code) && credentials.renew())
    }
}
