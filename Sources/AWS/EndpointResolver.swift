package import System
import Web

/// The addresses of the services, by the environment and the partition of the region.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
package struct EndpointResolver: Sendable {
    private let environment: Environment
    private let variant: EndpointVariant

    /// Creates a resolver that reads `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` from an environment; these win
    /// over the kinds of AWS's own endpoints.
    package init(environment: Environment) throws(AWSError) {
        self.environment = environment
        variant = try EndpointVariant(environment: environment)
    }

    /// Whether a text can be the name of a region, which becomes part of a host name.
    package static func isRegion(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// The address of a service in a region.
    package func endpoint(of service: AWSService, in region: String) throws(AWSError) -> Endpoint {
        guard Self.isRegion(region) else { throw .misconfigured("'\(region)' is not the name of a region") }
        if let url = try custom(service) { return Endpoint(url: url, isCustom: true) }
        let host = try variant.host(of: service, in: region)
        return Endpoint(url: URL(origin: Origin(scheme: .https, host: host)), isCustom: false)
    }

    private func custom(_ service: AWSService) throws(AWSError) -> URL? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(service.variableSuffix)", "AWS_ENDPOINT_URL"] {
            guard let text = environment[variable] else { continue }
            guard let url = URL(text) else {
                throw .misconfigured("\(variable) must begin with http:// or https:// and name a host, without a user")
            }
            return url
        }
        return nil
    }
}
