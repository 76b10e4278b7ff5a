import AWS
import LambdaEvents
import Querying

/// Where the results of a tenant's queries are, and for how long.
///
/// The place says whose a result is and how long it is kept, so that no table has to:
/// `…/tenant=<hash>/retention=<minutes>/<execution>.csv`.
struct TenantResults: Equatable {
    private static let tenantLabel = "tenant="
    private static let retentionLabel = "retention="
    /// For how many minutes a result may be kept; ten years are enough.
    static let retentions: ClosedRange<Int64> = 1...5_256_000

    /// The folder of all results.
    let root: ObjectLocation
    /// What stands for the tenant in keys: a tenant's name is anybody's text, and a hash is none.
    let tenant: String

    /// Creates the place of a tenant's results.
    ///
    /// - Parameters:
    ///   - root: the folder of all results.
    ///   - name: the tenant, as the request says.
    ///   - caller: whom the gateway let in; another caller is another tenant, whatever it says.
    init(root: ObjectLocation, name: String, caller: APICaller) {
        self.root = root
        tenant = String(QueryRequest.token(for: ["tenant", name] + caller.names).prefix(32))
    }

    /// Where Athena is to write a result.
    func folder(retentionMinutes: Int64) -> String {
        "\(root)\(Self.tenantLabel)\(tenant)/\(Self.retentionLabel)\(retentionMinutes)/"
    }

    /// For how many minutes the tenant keeps a result; nil for one that is somewhere else, or another tenant's.
    func retentionMinutes(of location: String?) -> Int64? {
        guard let location = location.flatMap({ ObjectLocation($0) }), location.bucket == root.bucket else {
            return nil
        }
        let prefix = "\(root.key)\(Self.tenantLabel)\(tenant)/"
        return location.key.hasPrefix(prefix) ? Self.retentionMinutes(of: location.key, root: root) : nil
    }

    /// What the keys of all tenants' results begin with.
    static func prefix(in root: ObjectLocation) -> String { root.key + tenantLabel }

    /// For how many minutes an object is kept; nil for one that is no result.
    static func retentionMinutes(of key: String, root: ObjectLocation) -> Int64? {
        guard key.hasPrefix(prefix(in: root)) else { return nil }
        let parts = key.dropFirst(root.key.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].hasPrefix(retentionLabel), !parts[2].isEmpty,
            let minutes = Int64(parts[1].dropFirst(retentionLabel.count)), retentions.contains(minutes)
        else { return nil }
        return minutes
    }
}
