@preconcurrency import Glibc

/// The environment of this process.
public enum ProcessEnvironment {
    /// The variables as they were when this was asked.
    public static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // Of a name that is there twice, the first counts, as for getenv.
            if parts.count == 2, variables[String(parts[0])] == nil { variables[String(parts[0])] = String(parts[1]) }
            next = next.successor()
        }
        return variables
    }
}
