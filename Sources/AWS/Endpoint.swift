package import System

/// Where the services are, as the environment and the partition of the region say.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
package struct EndpointResolver: Sendable {
    private let environment: Environment

    /// Creates a resolver that reads `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` from an environment.
    package init(environment: Environment) {
        self.environment = environment
    }

    /// Whether a text can be the name of a region, which becomes part of a host name.
    package static func isRegion(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// The base URL, without a slash at its end, and whether the user named it.
    func endpoint(of service: AWSService, in region: String) throws(AWSError) -> (url: String, isCustom: Bool) {
        guard Self.isRegion(region) else { throw .misconfigured("'\(region)' is not the name of a region") }
        if let url = try custom(service) { return (url, true) }
        return ("https://\(service.signingName).\(region).\(Self.domain(of: region))", false)
    }

    private func custom(_ service: AWSService) throws(AWSError) -> String? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(service.variableSuffix)", "AWS_ENDPOINT_URL"] {
            guard let url = environment[variable] else { continue }
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw .misconfigured("\(variable) must begin with http:// or https://")
            }
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        return nil
    }

    /// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    private static func domain(of region: String) -> String {
        let partitions = [
            ("cn-", "amazonaws.com.cn"), ("us-isob-", "sc2s.sgov.gov"), ("us-iso-", "c2s.ic.gov"),
            ("eusc-", "amazonaws.eu"),
        ]
        return partitions.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }
}
