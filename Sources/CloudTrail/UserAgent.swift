import Glibc

/// The program that made a call, as it described itself.
struct UserAgent: Equatable {
    /// The tool, in lower case; nil when it is not one of those known.
    private(set) var tool: String?
    /// Whether the call came from a function or a container.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (`AWS_EXECUTION_ENV`, which SDKs send)
    private(set) var isMachine = false

    /// Reads a record's `userAgent`, word by word; a word may stand in a bracket.
    init(_ value: JSONText?) {
        _ = value?.withText { text -> Void? in
            var rest = text
            while let word = rest.baseAddress {
                readWord(
                    UnsafeRawBufferPointer(rebasing: rest.first == UInt8(ascii: "[") ? rest.dropFirst() : rest[...])
                )
                guard let space = memchr(word, Int32(UInt8(ascii: " ")), rest.count) else { break }
                rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(space) - word + 1)...])
            }
            return nil
        }
    }

    private mutating func readWord(_ word: UnsafeRawBufferPointer) {
        switch word.first {
        // dbt stands beside PyAthena, on which it is built.
        case UInt8(ascii: "d"): if word.begins(with: "dbt-athena/") { tool = "dbt" }
        case UInt8(ascii: "a"): if word.begins(with: "awswrangler/") { tool = "awswrangler" }
        case UInt8(ascii: "P"): if tool == nil, word.begins(with: "PyAthena/") { tool = "pyathena" }
        case UInt8(ascii: "G"): if word.begins(with: "Grafana/") { tool = "grafana" }
        case UInt8(ascii: "s"): if word.begins(with: "signin.amazonaws.com") { tool = "console" }
        case UInt8(ascii: "M"): if word.begins(with: "Mozilla/") { tool = "console" }
        case UInt8(ascii: "e"):
            isMachine = isMachine || word.begins(with: "exec-env/AWS_Lambda_") || word.begins(with: "exec-env/AWS_ECS_")
        default: break
        }
    }
}
