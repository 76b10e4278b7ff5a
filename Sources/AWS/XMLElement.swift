/// The reason and the byte at which a text is not the XML that is read here.
enum XMLError: Error, Equatable, CustomStringConvertible {
    case invalid(String, at: Int)

    var description: String {
        switch self {
        case .invalid(let reason, let place): "not valid XML: \(reason) at byte \(place)"
        }
    }
}

/// An element of an answer in XML: its name, its text and what is in it. Attributes are read over.
///
/// Document types are refused, and with them all entities but XML's own five and characters by their number.
struct XMLElement: Equatable {
    let name: String
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    /// Parses a whole document.
    init(parsing bytes: [UInt8]) throws(XMLError) {
        var parser = XMLParser(bytes)
        self = try parser.document()
    }

    fileprivate init(name: String) {
        self.name = name
    }

    /// The first element in this one that has a name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The elements in this one that have a name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first element of a name at any depth.
    func first(_ name: String) -> XMLElement? {
        if self.name == name { return self }
        for child in children {
            if let found = child.first(name) { return found }
        }
        return nil
    }
}

private struct XMLParser {
    private static let greatestDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(XMLError) -> XMLElement {
        try skipBetweenElements()
        guard peek("<") else { throw error("there is no element") }
        let root = try element(depth: 0)
        try skipBetweenElements()
        guard position == bytes.count else { throw error("something follows the document") }
        return root
    }

    private func error(_ reason: String) -> XMLError { .invalid(reason, at: position) }

    private func peek(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard peek(text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    /// The bytes before a text, which is read over.
    private mutating func take(upTo end: StaticString) throws(XMLError) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            let here = position
            if take(end) { return bytes[start..<here] }
            position += 1
        }
        throw error("the document ends too early")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
    }

    /// Reads over the declaration, comments and white space.
    private mutating func skipBetweenElements() throws(XMLError) {
        while true {
            skipSpace()
            if take("<?") {
                _ = try take(upTo: "?>")
            } else if take("<!--") {
                _ = try take(upTo: "-->")
            } else {
                return
            }
        }
    }

    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth < Self.greatestDepth else { throw error("it nests too deep") }
        guard take("<"), !peek("!"), !peek("?") else { throw error("an element is expected") }
        var element = XMLElement(name: try name())
        if try skipAttributes() { return element }
        while true {
            element.text += try text()
            if take("</") {
                guard try name() == element.name else { throw error("another element ends than began") }
                skipSpace()
                guard take(">") else { throw error("an end tag does not end") }
                return element
            } else if take("<!--") {
                _ = try take(upTo: "-->")
            } else {
                element.children.append(try self.element(depth: depth + 1))
            }
        }
    }

    private mutating func name() throws(XMLError) -> String {
        let start = position
        while position < bytes.count, !" \t\r\n/>=<\"'&".utf8.contains(bytes[position]) { position += 1 }
        guard position > start, let name = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw error("a name is expected")
        }
        return name
    }

    /// Reads over what follows an element's name, and says whether the element is empty.
    private mutating func skipAttributes() throws(XMLError) -> Bool {
        while true {
            skipSpace()
            if take("/>") { return true }
            if take(">") { return false }
            _ = try name()
            skipSpace()
            guard take("=") else { throw error("an attribute has no value") }
            skipSpace()
            if take("\"") {
                _ = try take(upTo: "\"")
            } else if take("'") {
                _ = try take(upTo: "'")
            } else {
                throw error("an attribute has no value")
            }
        }
    }

    private mutating func text() throws(XMLError) -> String {
        var text: [UInt8] = []
        while position < bytes.count, !peek("<") {
            if take("&") {
                text += try entity()
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        guard position < bytes.count else { throw error("the document ends too early") }
        guard let text = String(validating: text, as: UTF8.self) else { throw error("it is not UTF-8") }
        return text
    }

    private mutating func entity() throws(XMLError) -> [UInt8] {
        let name = String(decoding: try take(upTo: ";"), as: UTF8.self)
        let known = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
        if let text = known[name] { return Array(text.utf8) }
        let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
        guard name.first == "#", let number, let scalar = Unicode.Scalar(number) else {
            throw error("an entity is not known")
        }
        return Array(String(scalar).utf8)
    }
}
