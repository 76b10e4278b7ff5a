/// Reads the records in the parts of a text, and counts them.
struct RecordReader {
    private(set) var counts = LogFileReader.Counts()

    /// Whether there was a document in a form that holds records, even if it held none.
    private var isRecognized = false
    /// Whether an array began with a record of S3 or of a queue, which has the same name as CloudTrail's.
    private var hasNotifications = false
    /// The first part that was no record, in the words of an error.
    private var stranger: String?
    private var digestCount = 0
    private var insightCount = 0
    /// The number of records that were read, instead of passed over.
    private var readCount = 0
    /// The messages of the document at hand that are no records. A control message may have some, and its type may come
    /// at its end.
    private var strangeMessageCount = 0

    /// Takes the next part of the text.
    ///
    /// - Parameter found: takes the call in it.
    mutating func take(_ part: ScannedPart, found: (QueryCall) -> Void) {
        switch part {
        case .element(.records, let text):
            takeRecord(text, found: found)
        case .element(let array, let text):
            takeText(array.text(in: JSONText(text)), of: array, found: found)
        case .document(let text):
            switch DocumentForm(JSONText(text)) {
            case .record(let record): countRecognized(record, found: found)
            case .otherEvent: countOther("an event that CloudTrail did not record")
            case .digest:
                isRecognized = true
                digestCount += 1
            case .control: isRecognized = true
            case .unknown(let description): countUnreadable(description)
            }
        case .unreadable(let description):
            countUnreadable(description)
        case .end(let arrays):
            end(arrays)
        }
    }

    /// Counts records that were passed over.
    mutating func pass(_ count: Int) {
        counts.records += count
    }

    /// Tells what was read, once the text has ended.
    func finish() throws(CloudTrailError) -> LogFileReader.Contents {
        guard isRecognized else { throw .noRecord(stranger ?? "an empty array") }
        if digestCount > 0, counts.records == 0 { return .digest }
        return insightCount > 0 && insightCount == readCount ? .insights : .log
    }

    private mutating func takeRecord(_ text: UnsafeRawBufferPointer, found: (QueryCall) -> Void) {
        guard let record = QueryRecord(JSONText(text)) else {
            // Broken JSON.
            isRecognized = true
            return count(.malformed, found: found)
        }
        let meaning = record.meaning
        if case .other = meaning, record.isOfNotification {
            hasNotifications = true
            countUnreadable("records of a notification")
        } else {
            isRecognized = true
            count(meaning, found: found)
        }
    }

    private mutating func takeText(_ text: String?, of array: RecordArray, found: (QueryCall) -> Void) {
        let isCounted = text.map { text in
            var text = text
            return text.withUTF8 { bytes in
                let document = UnsafeRawBufferPointer(bytes).drop { $0 <= UInt8(ascii: " ") }
                switch DocumentForm(JSONText(UnsafeRawBufferPointer(rebasing: document))) {
                case .record(let record): countRecognized(record, found: found)
                case .otherEvent: countOther("an event that CloudTrail did not record")
                case .digest, .control, .unknown: return false
                }
                return true
            }
        }
        if isCounted == true { return }
        if array == .logEvents {
            strangeMessageCount += 1
        } else {
            countUnreadable(array.elementWithoutRecord)
        }
    }

    private mutating func end(_ arrays: DocumentArrays) {
        if !arrays.isControlMessage {
            for _ in 0..<strangeMessageCount { countUnreadable(RecordArray.logEvents.elementWithoutRecord) }
        }
        strangeMessageCount = 0
        let holdRecords = arrays.holdRecords && !hasNotifications
        isRecognized = isRecognized || holdRecords || arrays.isControlMessage || arrays.elementCount == 0
    }

    private mutating func countRecognized(_ record: QueryRecord, found: (QueryCall) -> Void) {
        isRecognized = true
        count(record.meaning, found: found)
    }

    private mutating func count(_ meaning: RecordMeaning, found: (QueryCall) -> Void) {
        counts.records += 1
        readCount += 1
        switch meaning {
        case .queryStart(let start):
            counts.queryStarts += 1
            found(.start(start))
        case .queryStop(let stop): found(.stop(stop))
        case .failedStart: counts.failedStarts += 1
        case .insight: insightCount += 1
        case .other: break
        case .malformed: counts.malformed += 1
        }
    }

    private mutating func countOther(_ description: String) {
        counts.records += 1
        readCount += 1
        stranger = stranger ?? description
    }

    private mutating func countUnreadable(_ description: String) {
        counts.records += 1
        counts.malformed += 1
        stranger = stranger ?? description
    }
}
