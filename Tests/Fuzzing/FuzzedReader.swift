import CloudTrail
import JSON

/// Compares the queries that the reader finds in a text with those of a plain JSON parse, and traps when they differ.
///
/// The first byte of an input is the length of the pieces in which the rest is read. An input whose first byte is 0 must not
/// crash the reader, whatever it is.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzReader(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let text = [UInt8](UnsafeBufferPointer(start: start, count: count)[1...])
    let pieceLength = Int(start[0])
    guard pieceLength > 0, let expected = expectedIDs(in: text) else {
        _ = try? ids(in: text, pieceLength: max(pieceLength, 64))
        return 0
    }
    // The reader processes blocks of 64 bytes, and a token can start anywhere in a block.
    for count in 0..<64 {
        let found = try? ids(in: spread(text, by: count), pieceLength: pieceLength)
        // A text without records is refused.
        precondition(found == expected || found == nil && expected.isEmpty, "the reader and the parser differ")
    }
    return 0
}

/// The ids of the queries in a text, nil where the parser is stricter than the reader or limits the levels of nesting.
private func expectedIDs(in text: [UInt8]) -> [String]? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = text.starts(with: mark) ? text[mark.count...] : text[...]
    if let whole = try? JSONValue(parsing: text) { return expectedIDs(in: whole) }
    var found: [String] = []
    for line in text.split(separator: UInt8(ascii: "\n")) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
        let hasTime = words.count == 2 && isTime(String(decoding: words[0], as: UTF8.self))
        guard let document = try? JSONValue(parsing: hasTime ? words[1] : line),
            document.isObject || document.array != nil && !hasTime, let ids = expectedIDs(in: document)
        else { return nil }
        found += ids
    }
    return found
}

private func expectedIDs(in document: JSONValue) -> [String]? {
    guard case .object(let members) = document else {
        return document.array.map { all(of: $0) { $0.array == nil ? expectedIDs(in: $0) : [] } } ?? []
    }
    let arrays = members.compactMap { member in member.value.array.map { (member.name, $0) } }
        .filter { ["Records", "Events", "logEvents"].contains($0.0) }
    guard arrays.isEmpty else {
        return all(of: arrays) { name, elements in
            all(of: elements) { element in
                if name == "Records" { return startedID(element).map { [$0] } ?? [] }
                guard let text = element.last(name == "Events" ? "CloudTrailEvent" : "message")?.string else {
                    return []
                }
                return (try? JSONValue(parsing: text.utf8)).map { expectedID(alone: $0).map { [$0] } ?? [] }
            }
        }
    }
    return expectedID(alone: document).map { [$0] } ?? []
}

/// The id in a record that is alone, or in EventBridge's envelope.
private func expectedID(alone document: JSONValue) -> String? {
    if isRecord(document) { return startedID(document) }
    guard document.last("detail-type") != nil, let detail = document.last("detail"), isRecord(detail) else {
        return nil
    }
    return startedID(detail)
}

private func isRecord(_ object: JSONValue) -> Bool {
    object.last("eventType")?.string == "AwsCloudTrailInsight"
        || object.last("eventName") != nil && object.last("eventSource")?.string?.hasPrefix("aws:") == false
}

/// The results for all elements together, nil when one is nil.
private func all<Element>(of elements: [Element], _ ids: (Element) -> [String]?) -> [String]? {
    elements.reduce([]) { found, element in found.flatMap { found in ids(element).map { found + $0 } } }
}

/// The text with this number of spaces after each opening brace outside of strings.
private func spread(_ bytes: [UInt8], by count: Int) -> [UInt8] {
    var text: [UInt8] = []
    var isInString = false
    var isEscaped = false
    for byte in bytes {
        text.append(byte)
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\"") {
            isInString.toggle()
        } else if isInString {
            isEscaped = byte == UInt8(ascii: "\\")
        } else if byte == UInt8(ascii: "{") {
            text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: count))
        }
    }
    return text
}

private func ids(in text: [UInt8], pieceLength: Int) throws(CloudTrailError) -> [String] {
    var reader = LogFileReader()
    var ids: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
        // The sanitizer detects a read beyond the end of a copy.
        let piece = [UInt8](rest.prefix(pieceLength))
        var failure: CloudTrailError?
        piece.withUnsafeBytes { bytes in
            do throws(CloudTrailError) {
                try reader.read(bytes) { ids.append($0.executionID) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        rest = rest.dropFirst(pieceLength)
    }
    _ = try reader.finish()
    return ids
}

/// The id of the query that a record starts. Of several members with one name, the last one counts.
private func startedID(_ record: JSONValue) -> String? {
    guard record.last("eventSource")?.string == "athena.amazonaws.com",
        record.last("eventName")?.string == "StartQueryExecution",
        record.last("eventType")?.string != "AwsVpceEvent", (record.last("errorCode")?.string ?? "").isEmpty,
        let id = record.last("responseElements")?.last("queryExecutionId")?.string, (1...128).contains(id.utf8.count),
        id.utf8.allSatisfy({ $0 > UInt8(ascii: " ") }), let time = record.last("eventTime")?.string, isTime(time)
    else { return nil }
    return id
}

/// Whether a text is an existing time as `YYYY-MM-DDThh:mm:ssZ`, with or without a fraction of the second.
private func isTime(_ text: String) -> Bool {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let (second, rest) = (text.utf8.prefix(19), text.utf8.dropFirst(19))
    let isFraction =
        rest.first == UInt8(ascii: ".") && rest.count > 2 && rest.dropFirst().dropLast().allSatisfy(digits.contains)
    guard rest.last == UInt8(ascii: "Z"), rest.count == 1 || isFraction else { return false }
    let fits = zip(second, "0000-00-00T00:00:00".utf8).allSatisfy { byte, model in
        model == UInt8(ascii: "0") ? digits.contains(byte) : byte == model
    }
    let numbers = String(decoding: second, as: UTF8.self).split { !$0.isWholeNumber }.compactMap { Int($0) }
    guard fits, numbers.count == 6, numbers[0] > 0, (1...12).contains(numbers[1]) else { return false }
    let isLeap = numbers[0] % 4 == 0 && (numbers[0] % 100 != 0 || numbers[0] % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][numbers[1] - 1]
    return (1...days).contains(numbers[2]) && numbers[3] < 24 && numbers[4] < 60 && numbers[5] < 60
}

extension JSONValue {
    fileprivate var isObject: Bool {
        if case .object = self { true } else { false }
    }

    fileprivate func last(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }
}
