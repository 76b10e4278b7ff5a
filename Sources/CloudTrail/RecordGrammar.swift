/// The grammar of JSON text down to the elements of arrays of records, outside of strings, times and values.
struct RecordGrammar {
    /// The meaning of a byte at its place.
    enum Meaning {
        case separator
        /// A time begins, after which a document follows.
        case time
        case document
        case endOfDocument
        /// The name of a member begins.
        case name
        /// A value that is a string begins.
        case text
        /// A value that is an array begins, maybe of records.
        case array
        case endOfArray
        /// An element of an array of records begins, which is an object.
        case record
        /// Any other element begins where a record might.
        case otherElement
        /// Any other value begins, which may also be none.
        case value
    }

    /// The next token that the grammar allows.
    private enum Expectation {
        case document
        case secondByteOfMark
        case thirdByteOfMark
        case documentAfterTime
        case elementOrEnd
        case element
        case elementCommaOrEnd
        case nameOrEnd
        case name
        case colon
        case value
        case commaOrEnd
        case recordOrEnd
        case record
        case recordCommaOrEnd
    }

    private var expectation = Expectation.document
    /// Whether the documents are elements of an array at the top.
    private var isInTopArray = false

    /// Whether there was a document, or an array for some.
    private(set) var hasDocument = false

    /// Whether the text may end.
    var isComplete: Bool { expectation == .document }

    /// Follows the grammar by one byte, which is no white space.
    ///
    /// - Parameter isFirst: whether this is the first byte of the text.
    /// - Returns: the meaning of the byte, nil where it is not allowed.
    mutating func step(_ byte: UInt8, isFirst: Bool) -> Meaning? {
        switch expectation {
        case .document, .secondByteOfMark, .thirdByteOfMark, .documentAfterTime:
            stepAtTop(byte, isFirst: isFirst)
        case .elementOrEnd, .element, .elementCommaOrEnd: stepInTopArray(byte)
        case .nameOrEnd, .name, .colon, .value, .commaOrEnd: stepInDocument(byte)
        case .recordOrEnd, .record, .recordCommaOrEnd: stepInRecords(byte)
        }
    }

    /// Enters the array that has just begun, whose elements are records.
    mutating func enterArray() {
        expectation = .recordOrEnd
    }

    private mutating func stepAtTop(_ byte: UInt8, isFirst: Bool) -> Meaning? {
        switch (expectation, byte) {
        case (.document, UInt8(ascii: "{")), (.documentAfterTime, UInt8(ascii: "{")):
            return beginDocument()
        case (.document, UInt8(ascii: "[")):
            hasDocument = true
            isInTopArray = true
            return expect(.elementOrEnd, after: .separator)
        case (.document, UInt8(ascii: "0")...UInt8(ascii: "9")):
            return expect(.documentAfterTime, after: .time)
        case (.document, 0xEF) where isFirst:
            return expect(.secondByteOfMark, after: .separator)
        case (.secondByteOfMark, 0xBB):
            return expect(.thirdByteOfMark, after: .separator)
        case (.thirdByteOfMark, 0xBF):
            return expect(.document, after: .separator)
        default: return nil
        }
    }

    private mutating func stepInTopArray(_ byte: UInt8) -> Meaning? {
        switch (expectation, byte) {
        case (.elementCommaOrEnd, UInt8(ascii: ",")):
            return expect(.element, after: .separator)
        case (.elementOrEnd, UInt8(ascii: "]")), (.elementCommaOrEnd, UInt8(ascii: "]")):
            isInTopArray = false
            return expect(.document, after: .separator)
        case (.elementCommaOrEnd, _): return nil
        case (_, UInt8(ascii: "{")): return beginDocument()
        default: return expect(.elementCommaOrEnd, after: .otherElement)
        }
    }

    private mutating func stepInDocument(_ byte: UInt8) -> Meaning? {
        switch (expectation, byte) {
        case (.nameOrEnd, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")):
            return expect(.colon, after: .name)
        case (.colon, UInt8(ascii: ":")):
            return expect(.value, after: .separator)
        case (.value, _):
            let kind: Meaning =
                switch byte {
                case UInt8(ascii: "\""): .text
                case UInt8(ascii: "["): .array
                default: .value
                }
            return expect(.commaOrEnd, after: kind)
        case (.commaOrEnd, UInt8(ascii: ",")):
            return expect(.name, after: .separator)
        case (.nameOrEnd, UInt8(ascii: "}")), (.commaOrEnd, UInt8(ascii: "}")):
            return expect(isInTopArray ? .elementCommaOrEnd : .document, after: .endOfDocument)
        default: return nil
        }
    }

    private mutating func stepInRecords(_ byte: UInt8) -> Meaning? {
        switch (expectation, byte) {
        case (.recordCommaOrEnd, UInt8(ascii: ",")):
            return expect(.record, after: .separator)
        case (.recordOrEnd, UInt8(ascii: "]")), (.recordCommaOrEnd, UInt8(ascii: "]")):
            return expect(.commaOrEnd, after: .endOfArray)
        case (.recordCommaOrEnd, _): return nil
        default: return expect(.recordCommaOrEnd, after: byte == UInt8(ascii: "{") ? .record : .otherElement)
        }
    }

    private mutating func beginDocument() -> Meaning {
        hasDocument = true
        return expect(.nameOrEnd, after: .document)
    }

    private mutating func expect(_ next: Expectation, after meaning: Meaning) -> Meaning {
        expectation = next
        return meaning
    }
}
