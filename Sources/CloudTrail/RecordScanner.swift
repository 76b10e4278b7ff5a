import Cblock
import Time

/// A part of a text that has to do with records. Texts are valid only during the call that takes them.
enum ScannedPart {
    /// An element of an array of records.
    case element(RecordArray, UnsafeRawBufferPointer)
    /// A document without such an array.
    case document(UnsafeRawBufferPointer)
    /// A place for a record that holds none, in the words of an error.
    case unreadable(String)
    /// The end of a document with such arrays.
    case end(DocumentArrays)
}

/// The arrays of records in a document.
struct DocumentArrays {
    fileprivate(set) var exist = false
    /// Whether CloudTrail's own array is among them.
    fileprivate(set) var holdRecords = false
    /// Whether CloudWatch Logs only tries out a subscription.
    fileprivate(set) var isControlMessage = false
    fileprivate(set) var elementCount = 0
}

/// Finds the documents in JSON text that comes in windows, and the elements of their arrays of records.
///
/// Documents may follow each other, in an array or not, and each may stand after a time. Checks the grammar down to the
/// arrays. Inside an element it follows only brackets and strings: the record reader checks the records that matter.
struct RecordScanner {
    /// The kind of text that the scan is inside of.
    private enum Place {
        case structure
        case string
        case skippedWord
        case time
        case value
    }

    private var grammar = RecordGrammar()
    private var place = Place.structure
    private var offset = 0

    /// The name or text that the scan is inside of.
    private var string = StringWalk()
    private var isMessageType = false
    private var time: [UInt8] = []

    /// The document at hand while it may turn out to have no array of records, and where it begins in this window.
    private var document = HeldText()
    private var documentStart: Int?
    private var arrays = DocumentArrays()

    /// The array of records that the scan is inside of.
    private var array: RecordArray?
    /// The object or array that the scan is inside of.
    private var value = ValueWalk()
    private var isRecord = false
    /// The element at hand, and where it begins in this window.
    private var element = HeldText()
    private var elementStart = 0

    /// The number of records that cannot be the start or stop of a query and were passed over.
    private(set) var passedCount = 0

    /// Scans the next window.
    ///
    /// - Parameters:
    ///   - window: the bytes that follow those of the previous call.
    ///   - found: takes each part. Of CloudTrail's own arrays, it gets the first element and those that may be the
    ///     start or stop of a query.
    mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: (ScannedPart) -> Void
    ) throws(CloudTrailError) {
        var index = 0
        while index < window.count {
            switch place {
            case .value:
                index = passValue(window, from: index, found: found)
            case .string:
                let end = string.end(in: window, from: index)
                index = end ?? window.count
                if end != nil { endString() }
            case .skippedWord:
                while index < window.count, Cblock_is_of_word(window[index]) { index += 1 }
                if index < window.count { place = .structure }
            case .time:
                index = try passTime(window, from: index)
            case .structure:
                try step(window, index, found: found)
                // The first byte of a word or a time has not been consumed yet.
                index += place == .skippedWord || place == .time ? 0 : 1
            }
        }
        if place == .value, isRecord { element.keep(UnsafeRawBufferPointer(rebasing: window[elementStart...])) }
        elementStart = 0
        if let start = documentStart {
            document.keep(UnsafeRawBufferPointer(rebasing: window[start...]))
            documentStart = 0
        }
        offset += window.count
    }

    /// Checks that the last document is complete.
    func finish() throws(CloudTrailError) {
        if place == .time { throw wrongTime(before: offset) }
        guard grammar.isComplete else { throw .truncated }
        guard grammar.hasDocument else { throw .malformed(offset: offset, "the file has no JSON") }
    }

    // MARK: - Structure

    /// Follows the grammar by one byte.
    private mutating func step(
        _ window: UnsafeRawBufferPointer,
        _ index: Int,
        found: (ScannedPart) -> Void
    ) throws(CloudTrailError) {
        let byte = window[index]
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
        switch grammar.step(byte, isFirst: offset + index == 0) {
        case .separator: break
        case .time:
            place = .time
            time.removeAll(keepingCapacity: true)
        case .document:
            documentStart = index
            arrays = DocumentArrays()
        case .endOfDocument:
            endDocument(UnsafeRawBufferPointer(rebasing: window[(documentStart ?? index)...index]), found: found)
        case .name: beginString()
        case .text:
            isMessageType = string.withText { "messageType" ~= $0 }
            beginString()
        case .array:
            array = string.withText { RecordArray(name: $0) }
            if let array { beginArray(array) } else { try beginValue(byte, at: index) }
        case .endOfArray: array = nil
        case .record:
            beginRecord(at: index)
        case .otherElement:
            try beginValue(byte, at: index)
            arrays.elementCount += array == nil ? 0 : 1
            found(.unreadable(array?.elementWithoutRecord ?? "an array with an element that is no object"))
        case .value: try beginValue(byte, at: index)
        case nil:
            let isPrintable = (0x21...0x7E).contains(byte)
            let name = isPrintable ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
            throw .malformed(offset: offset + index, "unexpected \(name)")
        }
    }

    private mutating func beginString() {
        place = .string
        string.begin()
    }

    /// Ends a name or a text.
    private mutating func endString() {
        place = .structure
        guard isMessageType else { return }
        isMessageType = false
        arrays.isControlMessage = string.withText { DocumentForm.controlMessage ~= $0 }
    }

    /// Takes in the time before a document.
    private mutating func passTime(_ window: UnsafeRawBufferPointer, from start: Int) throws(CloudTrailError) -> Int {
        // No time is longer than this.
        let end = window[start...].firstIndex { $0 <= UInt8(ascii: " ") || $0 == UInt8(ascii: "{") } ?? window.count
        time.append(contentsOf: window[start..<end].prefix(64 - time.count))
        guard end < window.count else { return end }
        guard Timestamp(iso8601: String(decoding: time, as: UTF8.self)) != nil else {
            throw wrongTime(before: offset + end)
        }
        place = .structure
        return end
    }

    private func wrongTime(before end: Int) -> CloudTrailError {
        .malformed(offset: max(0, end - time.count), "neither a document nor the time before one")
    }

    /// Begins a value that is passed over.
    private mutating func beginValue(_ byte: UInt8, at index: Int) throws(CloudTrailError) {
        isRecord = false
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .value
            value = ValueWalk()
        case UInt8(ascii: "\""):
            beginString()
        case _ where Cblock_is_of_word(byte):
            place = .skippedWord
        default:
            throw .malformed(offset: offset + index, "a value is missing")
        }
    }

    private mutating func endDocument(_ end: UnsafeRawBufferPointer, found: (ScannedPart) -> Void) {
        documentStart = nil
        guard !arrays.exist else { return found(.end(arrays)) }
        document.take(endingWith: end) { text in
            found(text.map { .document($0) } ?? .unreadable("an object that is longer than any record"))
        }
    }

    // MARK: - Elements

    private mutating func beginArray(_ array: RecordArray) {
        grammar.enterArray()
        arrays.exist = true
        arrays.holdRecords = arrays.holdRecords || array == .records
        documentStart = nil
        document.forget()
    }

    private mutating func beginRecord(at index: Int) {
        place = .value
        value = ValueWalk()
        isRecord = true
        elementStart = index
    }

    /// Passes over the object or array that the scan is inside of, and over the records that follow at once: nearly
    /// always the next one does. The full grammar handles all other cases.
    ///
    /// - Returns: the index to go on at.
    private mutating func passValue(
        _ window: UnsafeRawBufferPointer,
        from start: Int,
        found: (ScannedPart) -> Void
    ) -> Int {
        var index = start
        while let end = value.end(in: window, from: index) {
            place = .structure
            guard isRecord, let array else { return end }
            endElement(of: array, UnsafeRawBufferPointer(rebasing: window[elementStart..<end]), found: found)
            guard end + 1 < window.count, window[end] == UInt8(ascii: ","), window[end + 1] == UInt8(ascii: "{")
            else { return end }
            beginRecord(at: end + 1)
            index = end + 2
        }
        return window.count
    }

    /// Hands over an element that ends in this window, unless it is of no interest.
    private mutating func endElement(
        of array: RecordArray,
        _ end: UnsafeRawBufferPointer,
        found: (ScannedPart) -> Void
    ) {
        let isFirst = arrays.elementCount == 0
        arrays.elementCount += 1
        guard array != .records || value.mayHoldCall || isFirst else {
            passedCount += 1
            return element.forget()
        }
        element.take(endingWith: end) { text in
            found(text.map { .element(array, $0) } ?? .unreadable("a record that is longer than any is"))
        }
    }
}
