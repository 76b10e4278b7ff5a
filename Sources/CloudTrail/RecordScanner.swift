import JSON

/// Finds the elements of the top-level `Records` array in JSON text that comes in windows.
///
/// Checks the grammar down to the array. Inside a record it follows only brackets and strings: the record reader checks
/// the records that matter.
struct RecordScanner {
    /// CloudTrail's own limit is 256 KB a record; a record longer than this is skipped and counted.
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    private static let maximumRecordLength = 4 << 20
    private static let maximumNameLength = 256

    /// The next token that the grammar allows, at the two levels that are checked.
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

    /// The kind of text that the scan is inside of.
    private enum Place {
        case structure
        case name
        case skippedString
        case skippedWord
        case value
    }

    private var expectation = Expectation.document
    private var place = Place.structure
    private var isEscaped = false
    private var isInRecords = false
    private var isRecord = false
    private var name: [UInt8] = []
    /// The object or array that the scan is inside of.
    private var value = ValueWalk()
    /// The part of the current record that earlier windows held; empty for a record that is too long.
    private var record: [UInt8] = []
    private var isTooLong = false
    private var offset = 0

    /// The number of elements of the array that have been read.
    private(set) var recordCount = 0
    /// The number of elements that were not objects, or longer than any record is.
    private(set) var skippedCount = 0

    /// Scans the next window.
    ///
    /// - Parameters:
    ///   - window: the bytes that follow those of the previous call.
    ///   - found: takes the text of each record that may be a `StartQueryExecution`; valid only during the call.
    mutating func scan(
        _ window: UnsafeRawBufferPointer,
        found: (UnsafeRawBufferPointer) -> Void
    ) throws(CloudTrailError) {
        var index = 0
        var valueStart = 0
        while index < window.count {
            switch place {
            case .value:
                let end = value.end(in: window, from: index)
                index = end ?? window.count
                guard let end else { continue }
                place = .structure
                guard isInRecords else { continue }
                endElement(UnsafeRawBufferPointer(rebasing: window[valueStart..<end]), found: found)
                // Nearly always the next record follows at once; the full grammar handles all other cases.
                if end + 1 < window.count, window[end] == UInt8(ascii: ","), window[end + 1] == UInt8(ascii: "{") {
                    beginRecord()
                    valueStart = end + 1
                    index = end + 2
                }
            case .skippedString:
                if skipString(window, &index) { place = .structure }
            case .name:
                let start = index
                let isComplete = skipString(window, &index)
                let room = Self.maximumNameLength - name.count
                name.append(contentsOf: window[start..<(isComplete ? index - 1 : index)].prefix(room))
                if isComplete { place = .structure }
            case .skippedWord:
                while index < window.count, JSONText.isWordByte(window[index]) { index += 1 }
                if index < window.count { place = .structure }
            case .structure:
                try step(window[index], at: offset + index)
                if place == .value { valueStart = index }
                // The first byte of a word has not been consumed yet.
                index += place == .skippedWord ? 0 : 1
            }
        }
        if place == .value, isRecord { keep(window[valueStart...]) }
        offset += window.count
    }

    /// Checks that the document is complete.
    func finish() throws(CloudTrailError) {
        switch expectation {
        case .nothing: return
        case .document: throw .malformed(offset: offset, "the file has no JSON")
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
            try beginValue(byte, at: position, next: .recordCommaOrEnd)
            if place != .value {
                recordCount += 1
                skippedCount += 1
            }
        default:
            let isPrintable = (0x21...0x7E).contains(byte)
            let name = isPrintable ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
            throw .malformed(offset: position, "unexpected \(name)")
        }
    }

    private mutating func beginRecord() {
        place = .value
        value = ValueWalk()
        isRecord = true
    }

    private mutating func beginValue(
        _ byte: UInt8,
        at position: Int,
        next: Expectation
    ) throws(CloudTrailError) {
        expectation = next
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .value
            value = ValueWalk()
        case UInt8(ascii: "\""):
            place = .skippedString
        case _ where JSONText.isWordByte(byte):
            place = .skippedWord
        default:
            throw .malformed(offset: position, "a value is missing")
        }
    }

    private var isRecordsName: Bool {
        if !name.contains(UInt8(ascii: "\\")) { return name.elementsEqual("Records".utf8) }
        let quote = [UInt8(ascii: "\"")]
        return (try? JSONValue(parsing: quote + name + quote)) == "Records"
    }

    /// Moves the index past the end of the string that it is in.
    ///
    /// - Returns: whether the end was in this window.
    private mutating func skipString(_ window: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        while index < window.count {
            let byte = window[index]
            index += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                return true
            } else {
                isEscaped = byte == UInt8(ascii: "\\")
            }
        }
        return false
    }

    private mutating func keep(_ piece: Slice<UnsafeRawBufferPointer>) {
        isTooLong = isTooLong || record.count + piece.count > Self.maximumRecordLength
        if isTooLong {
            record = []
        } else {
            record.append(contentsOf: piece)
        }
    }

    /// Counts an element that ends in this window, and hands it over when it may be a `StartQueryExecution`.
    private mutating func endElement(_ end: UnsafeRawBufferPointer, found: (UnsafeRawBufferPointer) -> Void) {
        recordCount += 1
        if !isRecord {
            skippedCount += 1
        } else if value.mayHoldCall {
            if record.isEmpty, !isTooLong {
                found(end)
            } else {
                keep(end[...])
                if isTooLong { skippedCount += 1 } else { record.withUnsafeBytes(found) }
            }
        }
        if !record.isEmpty { record.removeAll(keepingCapacity: true) }
        isTooLong = false
    }
}
