package import JSON

extension JSONValue {
    /// The length of ``JSONValue/serialized()`` in bytes, which is found without making the text.
    package var serializedLength: Int {
        switch self {
        case .null, .bool, .integer, .number: serialized().utf8.count
        case .string(let text): Self.serializedLength(of: text)
        case .array(let elements): Self.length(around: elements.count) + elements.reduce(0) { $0 + $1.serializedLength }
        case .object(let members):
            Self.length(around: members.count)
                + members.reduce(0) {
                    $0 + Self.serializedLength(of: $1.name) + ":".utf8.count + $1.value.serializedLength
                }
        }
    }

    /// The length of the brackets and commas around some elements.
    private static func length(around count: Int) -> Int { "[]".utf8.count + max(0, count - 1) }

    private static func serializedLength(of text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var length = bytes.count + "\"\"".utf8.count
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                    length += 1
                case 0x00...0x1F, 0x7F: length += #"\u0000"#.utf8.count - 1
                case 0xBE...0xBF where index >= 2 && bytes[index - 1] == 0xBF && bytes[index - 2] == 0xEF:
                    // U+FFFE and U+FFFF, of three bytes each, are escaped, too.
                    length += #"\u0000"#.utf8.count - 3
                default: break
                }
            }
            return length
        }
    }
}
