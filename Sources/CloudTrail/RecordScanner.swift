import JSON

/// Finds the elements of the top-level `Records` array in JSON text that comes in windows.
///
/// Walks structure, so braces, quotes and names inside strings mislead nobody. Checks the grammar down to the array;
/// inside a record it follows only brackets and strings, since a record that matters is parsed afterwards.
struct RecordScanner {
    /// CloudTrail's own limit is 256 KB a record; anything longer than this is passed over unseen.
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    private static let maximumRecordLength = 4 << 20
    private static let maximumNameLength = 256

    /// What the grammar allows next at the two levels that are checked.
    private enum Expectation {
        case document
        case nameOrEnd
        case name
        case colon
        case value
        case commaOrEnd
        case recordOrEnd
        case record
        case recordCommaOrEnd
        case nothing
    }

    /// Takes the text of a record, valid only during the call, and whether a search of its bytes could miss a name,
    /// because some letter is written as its number, as JSON allows.
    typealias Found = (_ record: UnsafeRawBufferPointer, _ hasEscapedLetter: Bool) -> Void

    /// What the walk is inside of.
    private enum Place {
        case structure
        case name
        case skippedString
        case skippedWord
        case nested
        case nestedString
    }

    private var expectation = Expectation.document
    private var place = Place.structure
    private var isEscaped = false
    private var hasEscapedLetter = false
    private var depth = 0
    private var isInRecords = false
    private var isRecord = false
    private var name: [UInt8] = []
    private var record: [UInt8] = []
    private var offset = 0

    /// How many elements of the array have been read.
    private(set) var recordCount = 0
    /// How many of them were no objects, or longer than any record is.
    private(set) var skippedCount = 0

    /// Walks the next window.
    ///
    /// - Parameters:
    ///   - window: the bytes that follow those of the last call.
    ///   - found: takes each record.
    mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: Found
    ) throws(CloudTrailError) {
        var index = 0
        var recordStart = 0
        while index < window.count {
            switch place {
            case .nested:
                index = skipNested(window, from: index)
                guard depth == 0 else { continue }
                place = .structure
                guard isInRecords else { continue }
                if isRecord {
                    deliver(UnsafeRawBufferPointer(rebasing: window[recordStart..<index]), found: found)
                }
                recordCount += 1
                if !isRecord { skippedCount += 1 }
            case .nestedString:
                if skipString(window, &index) { place = .nested }
            case .skippedString:
                if skipString(window, &index) { place = .structure }
            case .name:
                let start = index
                let isComplete = skipString(window, &index)
                let room = Self.maximumNameLength - name.count
                name.append(contentsOf: window[start..<(isComplete ? index - 1 : index)].prefix(room))
                if isComplete { place = .structure }
            case .skippedWord:
                while index < window.count, Self.isWordByte(window[index]) { index += 1 }
                if index < window.count { place = .structure }
            case .structure:
                try step(window[index], at: offset + index)
                if place == .nested { recordStart = index }
                // A word's first byte was only looked at.
                index += place == .skippedWord ? 0 : 1
            }
        }
        if isRecord, depth > 0 { keep(window[recordStart...]) }
        offset += window.count
    }

    /// Checks that the document is complete.
    func finish() throws(CloudTrailError) {
        switch expectation {
        case .nothing: return
        case .document: throw .malformed(offset: offset, "there is no JSON in it")
        default: throw .truncated
        }
    }

    /// Follows the grammar by one byte outside of strings and records.
    private mutating func step(_ byte: UInt8, at position: Int) throws(CloudTrailError) {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
        switch (expectation, byte) {
        case (.document, UInt8(ascii: "{")):
            expectation = .nameOrEnd
        case (.nameOrEnd, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")):
            name = []
            place = .name
            expectation = .colon
        case (.colon, UInt8(ascii: ":")):
            expectation = .value
        case (.value, UInt8(ascii: "[")) where isRecordsName:
            isInRecords = true
            expectation = .recordOrEnd
        case (.value, _):
            isRecord = false
            try beginValue(byte, at: position, next: .commaOrEnd)
        case (.commaOrEnd, UInt8(ascii: ",")):
            expectation = .name
        case (.recordCommaOrEnd, UInt8(ascii: ",")):
            expectation = .record
        case (.nameOrEnd, UInt8(ascii: "}")), (.commaOrEnd, UInt8(ascii: "}")):
            expectation = .nothing
        case (.recordOrEnd, UInt8(ascii: "]")), (.recordCommaOrEnd, UInt8(ascii: "]")):
            isInRecords = false
            expectation = .commaOrEnd
        case (.recordOrEnd, _), (.record, _):
            isRecord = byte == UInt8(ascii: "{")
            record.removeAll(keepingCapacity: true)
            hasEscapedLetter = false
            try beginValue(byte, at: position, next: .recordCommaOrEnd)
            if place != .nested {
                recordCount += 1
                skippedCount += 1
            }
        default:
            let isPrintable = (0x21...0x7E).contains(byte)
            let name = isPrintable ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
            throw .malformed(offset: position, "unexpected \(name)")
        }
    }

    private mutating func beginValue(
        _ byte: UInt8,
        at position: Int,
        next: Expectation
    ) throws(CloudTrailError) {
        expectation = next
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .nested
            depth = 1
        case UInt8(ascii: "\""):
            place = .skippedString
        case _ where Self.isWordByte(byte):
            place = .skippedWord
        default:
            throw .malformed(offset: position, "a value is missing")
        }
    }

    /// Numbers, `true`, `false` and `null`.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private var isRecordsName: Bool {
        if !name.contains(UInt8(ascii: "\\")) { return name.elementsEqual("Records".utf8) }
        let quote = [UInt8(ascii: "\"")]
        return (try? JSONValue(parsing: quote + name + quote)) == "Records"
    }

    /// Follows brackets from inside a value until it closes, a string begins that goes on after the window, or the
    /// window ends.
    private mutating func skipNested(_ window: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let bytes = window.baseAddress else { return start }
        let end = window.count
        var index = start
        // A local copy stays in a register.
        var depth = depth
        defer { self.depth = depth }
        while index < end {
            let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                if skipString(window, &index) { continue }
                place = .nestedString
                return index
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index }
            default: continue
            }
        }
        return index
    }

    /// Moves past the end of the string that the index is in.
    ///
    /// - Returns: whether the end was in this window.
    @inline(__always)
    private mutating func skipString(_ window: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        guard let bytes = window.baseAddress, index < window.count else { return false }
        let end = window.count
        if isEscaped {
            isEscaped = false
            index += 1
        }
        while index < end {
            index = Self.firstQuoteOrBackslash(bytes, from: index, to: end)
            guard index < end else { return false }
            if bytes.load(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: "\"") {
                index += 1
                return true
            }
            hasEscapedLetter = hasEscapedLetter || Self.mayBeEscapedLetter(bytes, at: index, end: end)
            // Whatever follows a backslash does not end the string.
            isEscaped = index + 1 == end
            index += 2
        }
        index = end
        return false
    }

    /// Whether a backslash begins the number of a character from `@` to DEL, or might, were the window longer.
    private static func mayBeEscapedLetter(_ bytes: UnsafeRawPointer, at index: Int, end: Int) -> Bool {
        func byte(_ offset: Int) -> UInt8 { bytes.load(fromByteOffset: index + offset, as: UInt8.self) }
        guard index + 4 < end else { return true }
        return byte(1) == UInt8(ascii: "u") && byte(2) == UInt8(ascii: "0") && byte(3) == UInt8(ascii: "0")
            && (UInt8(ascii: "4")...UInt8(ascii: "7")).contains(byte(4))
    }

    /// Where the next quote or backslash is, eight bytes at a time: most strings are too short for memchr to pay.
    @inline(__always)
    private static func firstQuoteOrBackslash(_ bytes: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var index = start
        while index + 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = zeroBytes(word ^ 0x2222_2222_2222_2222) | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            index += 1
        }
        return index
    }

    /// The high bit of each byte that is zero; right up to the first of them, which is all that counts.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    private mutating func keep(_ piece: Slice<UnsafeRawBufferPointer>) {
        guard record.count + piece.count <= Self.maximumRecordLength else {
            record = []
            isRecord = false
            return
        }
        record.append(contentsOf: piece)
    }

    /// Hands over a record whose last part is in this window.
    private mutating func deliver(_ end: UnsafeRawBufferPointer, found: Found) {
        guard !record.isEmpty else { return found(end, hasEscapedLetter) }
        keep(end[...])
        if isRecord { record.withUnsafeBytes { found($0, hasEscapedLetter) } }
    }
}
