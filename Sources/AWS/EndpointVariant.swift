import System

/// The kind of endpoints that the environment or the profile asks for.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
struct EndpointVariant: Equatable {
    /// Whether the cryptography of the endpoints is validated under FIPS 140.
    var isFIPS = false
    /// Whether the endpoints also have IPv6 addresses.
    var isDualStack = false
}

extension EndpointVariant {
    /// Reads the environment, then the profile.
    ///
    /// - Throws: ``AWSError/misconfigured(_:)`` for a value that is neither true nor false.
    init(environment: Environment) throws(AWSError) {
        let profile = SharedConfiguration(environment: environment).profile
        func flag(_ name: String, variable: String) throws(AWSError) -> Bool {
            let value =
                environment[variable].map { (variable, $0) } ?? profile[name].map { ("the profile's \(name)", $0) }
            switch value?.1.lowercased() {
            case nil, "false": return false
            case "true": return true
            case .some: throw .misconfigured("\(value?.0 ?? name) must be true or false, not '\(value?.1 ?? "")'")
            }
        }
        isFIPS = try flag("use_fips_endpoint", variable: "AWS_USE_FIPS_ENDPOINT")
        isDualStack = try flag("use_dualstack_endpoint", variable: "AWS_USE_DUALSTACK_ENDPOINT")
    }

    /// The host of a service in a region.
    func host(of service: AWSService, in region: String) throws(AWSError) -> String {
        let partition = AWSPartition(of: region)
        if isFIPS, service.hostForm == .dualStackLabel, partition == .china {
            throw .misconfigured("AWS_USE_FIPS_ENDPOINT: \(service.signingName) has no such endpoint in \(region)")
        }
        // In GovCloud these endpoints are validated without saying so.
        let isSilent =
            partition == .govCloud
            && (service.hostForm == .validatedInGovCloudWithDualStack
                || service.hostForm == .validatedInGovCloud && !isDualStack)
        let name = service.signingName + (isFIPS && !isSilent ? "-fips" : "")
        guard isDualStack else { return "\(name).\(region).\(partition.domain)" }
        switch service.hostForm {
        case .dualStackLabel: return "\(name).dualstack.\(region).\(partition.domain)"
        case .dualStackByDefault
        where [.commercial, .govCloud].contains(partition) || (partition == .china && !isFIPS):
            return "\(name).\(region).\(partition.domain)"
        case .standard, .validatedInGovCloud, .validatedInGovCloudWithDualStack, .dualStackByDefault:
            return "\(name).\(region).\(partition.dualStackDomain)"
        }
    }
}
