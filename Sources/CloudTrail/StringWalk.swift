import Cblock
import JSON

/// Walks through a string of JSON text from its opening quote to its closing one, and keeps its beginning.
///
/// The text may come in pieces.
struct StringWalk {
    private static let keptLength = 256

    private var kept: [UInt8] = []
    private var isEscaped = false

    /// Begins another string.
    mutating func begin() {
        kept.removeAll(keepingCapacity: true)
        isEscaped = false
    }

    /// Walks on.
    ///
    /// - Returns: the index after the closing quote, nil when the piece ends before it.
    mutating func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let end = quote(in: text, from: start)
        kept.append(contentsOf: text[start..<(end ?? text.count)].prefix(Self.keptLength - kept.count))
        return end.map { $0 + 1 }
    }

    /// Hands over the beginning of the string, without its escapes.
    func withText<Answer>(_ use: (JSONName) -> Answer) -> Answer {
        guard kept.contains(UInt8(ascii: "\\")) else { return kept.withUnsafeBytes { use(JSONName(bytes: $0)) } }
        let quote = [UInt8(ascii: "\"")]
        var text = (try? JSONValue(parsing: quote + kept + quote))?.string ?? ""
        return text.withUTF8 { use(JSONName(bytes: UnsafeRawBufferPointer($0))) }
    }

    private mutating func quote(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        if !isEscaped, let base = text.baseAddress {
            var hasEscapes = false
            let rest = Cblock_string_rest(base + index, text.count - index, &hasEscapes)
            if rest > 0 { return index + rest - 1 }
        }
        while index < text.count {
            let byte = text[index]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                return index
            } else {
                isEscaped = byte == UInt8(ascii: "\\")
            }
            index += 1
        }
        return nil
    }
}
