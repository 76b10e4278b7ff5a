import HTTP
import Time
import Web

extension AWSClient {
    /// The longest time of a warm-up: an endpoint that is slower answers when it is needed.
    private static let warmUpLimit = Duration.seconds(1)

    /// Does work of the first calls in the init phase: finds addresses, opens connections, reads certificates, and has the
    /// signer work once. No result is used. The requests ask for the health check of an endpoint, which needs no
    /// permission and costs nothing.
    ///
    /// - Parameter services: the services that will be called first.
    package func warmUp(_ services: [AWSService]) {
        let deadline = Deadline.after(Self.warmUpLimit)
        let pings = services.compactMap { try? signer.endpoints.endpoint(of: $0, in: region) }
            .map { HTTPRequest(url: $0.url.appending("/ping")) }
        _ = http.performAll(pings, inFlight: pings.count, before: deadline)
        if var ping = pings.first, let keys = try? signer.credentials.credentials(before: deadline) {
            SigV4Signer(credentials: keys, region: region, service: services[0].signingName).sign(&ping, at: .now)
        }
    }
}
