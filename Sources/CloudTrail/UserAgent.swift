import Glibc

/// The program that made a call, as it described itself. Read in place; valid only as long as the record's bytes are.
struct UserAgent {
    private let value: JSONText?

    init(_ value: JSONText?) {
        self.value = value
    }

    /// Marks of tools, the more special ones first: dbt stands beside PyAthena, on which it is built.
    private static let tools: [(mark: StaticString, name: String)] = [
        ("dbt-athena/", "dbt"), ("awswrangler/", "awswrangler"), ("PyAthena/", "pyathena"), ("Grafana/", "grafana"),
        ("signin.amazonaws.com", "console"), ("Mozilla/", "console"),
    ]

    /// The tool that made the call, nil when it is not one of those known.
    var tool: String? {
        value?.withText { text in Self.tools.first { text.contains($0.mark) }?.name }
    }

    /// Whether the call came from a function or a container.
    ///
    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html
    var isMachine: Bool {
        value?.withText { text in
            text.contains("exec-env/AWS_Lambda_") || text.contains("exec-env/AWS_ECS_")
        } ?? false
    }
}

extension UnsafeRawBufferPointer {
    /// Whether one of the words, each of which may stand in brackets, begins with a mark.
    fileprivate func contains(_ mark: StaticString) -> Bool {
        guard let baseAddress, count >= mark.utf8CodeUnitCount else { return false }
        return (0...(count - mark.utf8CodeUnitCount)).contains { index in
            self[index] == mark.utf8Start.pointee
                && (index == 0 || self[index - 1] == UInt8(ascii: " ") || self[index - 1] == UInt8(ascii: "["))
                && memcmp(baseAddress + index, mark.utf8Start, mark.utf8CodeUnitCount) == 0
        }
    }
}
