@preconcurrency import Glibc

/// The environment of this process.
package enum ProcessEnvironment {
    /// The variables as they were when this was asked.
    package static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            next = next.successor()
            guard let sign = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
            let name = UnsafeRawBufferPointer(start: entry, count: sign - entry)
            let variable = String(decoding: name, as: UTF8.self)
            // Of a name that is there twice, the first counts, as for getenv.
            if variables[variable] == nil { variables[variable] = String(cString: sign + 1) }
        }
        return variables
    }
}
