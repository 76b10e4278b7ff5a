/// A group of regions with DNS names of its own.
///
/// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
enum AWSPartition: String, CaseIterable {
    case commercial = "aws"
    case china = "aws-cn"
    case govCloud = "aws-us-gov"
    case iso = "aws-iso"
    case isoB = "aws-iso-b"
    case isoE = "aws-iso-e"
    case isoF = "aws-iso-f"
    case europeanSovereign = "aws-eusc"

    /// The partition of a region. A region of no known partition counts as a commercial one.
    init(of region: String) {
        self = Self.allCases.first { $0.regionPrefix.map { region.hasPrefix($0) } == true } ?? .commercial
    }

    private var regionPrefix: String? {
        switch self {
        case .commercial: nil
        case .china: "cn-"
        case .govCloud: "us-gov-"
        case .iso: "us-iso-"
        case .isoB: "us-isob-"
        case .isoE: "eu-isoe-"
        case .isoF: "us-isof-"
        case .europeanSovereign: "eusc-"
        }
    }

    /// The end of the host names.
    var domain: String {
        switch self {
        case .commercial, .govCloud: "amazonaws.com"
        case .china: "amazonaws.com.cn"
        case .iso: "c2s.ic.gov"
        case .isoB: "sc2s.sgov.gov"
        case .isoE: "cloud.adc-e.uk"
        case .isoF: "csp.hci.ic.gov"
        case .europeanSovereign: "amazonaws.eu"
        }
    }

    /// The end of the host names that also have IPv6 addresses.
    var dualStackDomain: String {
        switch self {
        case .commercial, .govCloud: "api.aws"
        case .china: "api.amazonwebservices.com.cn"
        case .iso: "api.aws.ic.gov"
        case .isoB: "api.aws.scloud"
        case .isoE: "api.cloud-aws.adc-e.uk"
        case .isoF: "api.aws.hci.ic.gov"
        case .europeanSovereign: "api.amazonwebservices.eu"
        }
    }
}
