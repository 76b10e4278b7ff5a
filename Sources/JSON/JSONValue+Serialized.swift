import Cblock

extension JSONValue {
    /// This value as compact JSON text (RFC 8259), valid for any string.
    ///
    /// Numbers that JSON cannot express (infinite, not a number) become `null`. Text stays UTF-8, except for the
    /// characters that JSON escapes, DEL, and U+FFFE and U+FFFF, which SQS refuses in a message.
    package func serialized() -> String {
        var output: [UInt8] = []
        write(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .number(let value): output.append(contentsOf: (value.isFinite ? String(value) : "null").utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            Self.write(elements, between: (UInt8(ascii: "["), UInt8(ascii: "]")), to: &output) { element, output in
                element.write(to: &output)
            }
        case .object(let members):
            Self.write(members, between: (UInt8(ascii: "{"), UInt8(ascii: "}")), to: &output) { member, output in
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element],
        between brackets: (UInt8, UInt8),
        to output: inout [UInt8],
        each: (Element, inout [UInt8]) -> Void
    ) {
        output.append(brackets.0)
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            each(element, &output)
        }
        output.append(brackets.1)
    }

    /// Appends a string with its quotes.
    static func write(_ text: String, to output: inout [UInt8]) {
        var text = text
        output.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var plainStart = 0
            var index = Cblock_plain_length(bytes.baseAddress, bytes.count)
            while index < bytes.count {
                let rest = UnsafeBufferPointer(rebasing: bytes[index...])
                guard let scalar = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first else { return }
                if let escape = escape(scalar) {
                    output.append(contentsOf: bytes[plainStart..<index])
                    output.append(contentsOf: escape.utf8)
                    plainStart = index + UTF8.width(scalar)
                }
                index += UTF8.width(scalar)
                index += Cblock_plain_length(bytes.baseAddress.map { $0 + index }, bytes.count - index)
            }
            output.append(contentsOf: bytes[plainStart...])
        }
        output.append(UInt8(ascii: "\""))
    }

    /// The number of bytes that a character takes inside a string of the serialized text.
    package static func serializedLength(of scalar: Unicode.Scalar) -> Int {
        escape(scalar)?.utf8.count ?? UTF8.width(scalar)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{00}"..."\u{1F}", "\u{7F}", "\u{FFFE}", "\u{FFFF}":
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return nil
        }
    }
}
