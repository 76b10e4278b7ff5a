import Glibc

/// The folder of the executable, in which Lambda unpacks what was shipped with it.
enum BesideExecutable {
    /// The path of a file or folder there, whether or not it exists.
    static func path(_ name: String) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let bytes = buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        let executable = length > 0 ? String(decoding: bytes, as: UTF8.self) : CommandLine.arguments[0]
        let folder = executable.lastIndex(of: "/").map { executable[...$0] } ?? "./"
        return folder + name
    }
}
