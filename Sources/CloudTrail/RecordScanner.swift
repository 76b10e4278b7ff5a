import Glibc
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
    ///   - found: takes the text of each record, valid only during the call.
    mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: (UnsafeRawBufferPointer) -> Void
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

    /// Follows brackets from inside a value until it closes, a string begins, or the window ends.
    private mutating func skipNested(_ window: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < window.count {
            let byte = window[index]
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
    private mutating func skipString(_ window: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        if isEscaped, index < window.count {
            isEscaped = false
            index += 1
        }
        while index < window.count, let base = window.baseAddress {
            let start = base + index
            guard let quote = memchr(start, Int32(UInt8(ascii: "\"")), window.count - index) else { break }
            let end = UnsafeRawPointer(quote) - base
            let isEnd = Self.backslashes(window, before: end, from: index).isMultiple(of: 2)
            index = end + 1
            if isEnd { return true }
        }
        if index < window.count {
            isEscaped = !Self.backslashes(window, before: window.count, from: index).isMultiple(of: 2)
            index = window.count
        }
        return false
    }

    private static func backslashes(_ window: UnsafeRawBufferPointer, before end: Int, from start: Int) -> Int {
        var index = end
        while index > start, window[index - 1] == UInt8(ascii: "\\") { index -= 1 }
        return end - index
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
    private mutating func deliver(_ end: UnsafeRawBufferPointer, found: (UnsafeRawBufferPointer) -> Void) {
        guard !record.isEmpty else { return found(end) }
        keep(end[...])
        if isRecord { record.withUnsafeBytes(found) }
    }
}
