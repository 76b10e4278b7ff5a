import Glibc

/// The folder of the executable, into which Lambda unpacks the package.
package enum BesideExecutable {
    /// The path of a file or folder there, whether or not it exists.
    package static func path(_ name: String) -> String {
        folder + name
    }

    /// With a slash at its end.
    private static var folder: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let length = buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? 0
            let path = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<max(0, length)])
            let slash = path.lastIndex(of: UInt8(ascii: "/"))
            return slash.map { String(decoding: path[...$0], as: UTF8.self) } ?? "./"
        }
    }
}
