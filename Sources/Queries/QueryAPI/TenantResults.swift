import AWS
import LambdaEvents
import Querying

/// The location of a tenant's results, which names the tenant and the retention, so that no table has to:
/// `…/tenant=<hash>/retention=<minutes>/<execution>.csv`.
struct TenantResults: Equatable {
    private static let tenantLabel = "tenant="
    private static let retentionLabel = "retention="
    /// The range of a retention in minutes, up to ten years.
    static let retentions: ClosedRange<Int64> = 1...5_256_000

    /// The folder of all results.
    let root: ObjectLocation
    /// The tenant's hash, which stands in keys for the tenant's name: a name may be any text.
    let tenant: String

    /// Creates the location of a tenant's results.
    ///
    /// - Parameters:
    ///   - root: the folder of all results.
    ///   - name: the tenant's name in the request.
    ///   - caller: the caller that the gateway let in; another caller with the same name is another tenant.
    init(root: ObjectLocation, name: String, caller: APICaller) {
        self.root = root
        tenant = String(QueryRequest.token(for: ["tenant", name] + caller.names).prefix(32))
    }

    /// The folder into which Athena writes a result.
    func folder(retentionMinutes: Int64) -> String {
        "\(root)\(Self.tenantLabel)\(tenant)/\(Self.retentionLabel)\(retentionMinutes)/"
    }

    /// The retention of one of the tenant's results in minutes; nil for a location that is not one of these.
    func retentionMinutes(of location: String?) -> Int64? {
        guard let location = location.flatMap({ ObjectLocation($0) }), location.bucket == root.bucket else {
            return nil
        }
        let prefix = "\(root.key)\(Self.tenantLabel)\(tenant)/"
        return location.key.hasPrefix(prefix) ? Self.retentionMinutes(of: location.key, root: root) : nil
    }

    /// The prefix of the keys of all tenants' results.
    static func prefix(in root: ObjectLocation) -> String { root.key + tenantLabel }

    /// The retention of any tenant's result in minutes; nil for an object that is no result.
    static func retentionMinutes(of key: String, root: ObjectLocation) -> Int64? {
        guard key.hasPrefix(prefix(in: root)) else { return nil }
        let parts = key.dropFirst(root.key.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].hasPrefix(retentionLabel), !parts[2].isEmpty,
            let minutes = Int64(parts[1].dropFirst(retentionLabel.count)), retentions.contains(minutes)
        else { return nil }
        return minutes
    }
}
