import Alerting
import CloudTrail
import JSON
import Reporting
import Testing

@Suite struct HistoryLineTests {
    @Test(arguments: [SQLDisplay.masked, .full, .none])
    func aLineIsReadAsItWasWritten(_ display: SQLDisplay) throws {
        var query = HistoryFixture.query()
        query.sql = "select 'secret' -- by ada\nfrom t"
        query.region = "eu-west-1"
        let line = HistoryLine(query, sql: display)
        #expect(try HistoryLine(parsing: line.text.utf8) == line)
        #expect(line.text.hasSuffix("\n"))
        #expect(line.text.contains("secret") == (display == .full))
        #expect(line.text.contains("from t") == (display != .none))
    }

    @Test func theShapeIsTheSameForOtherValuesAndStaysWithoutSQL() {
        func shape(_ sql: String, _ display: SQLDisplay = .none) -> UInt64? {
            var query = HistoryFixture.query()
            query.sql = sql
            return HistoryLine(query, sql: display).shape
        }
        #expect(
            shape("select * from t where d = '2026-11-01'") == shape("SELECT *\n  FROM t WHERE d = '2026-11-02' -- x")
        )
        #expect(shape("select * from t", .full) == shape("select * from t"))
        #expect(shape("select * from t") != shape("select * from u"))
        #expect(shape("") == nil)
        // FNV-1a of `select ? from t`, by another program. It must stay what it is: files of other days have it.
        #expect(shape("select 1 from t") == 0xdf60_cc0e_cd20_f494)
    }

    @Test func packedTextIsTheSameEachTimeAndIsReadInAnyPieces() throws {
        let text = (0..<5000).map { HistoryLine(HistoryFixture.query($0), sql: .masked).text }
        func packed() -> [UInt8] {
            var gzip = Gzip()
            for line in text { gzip.add(line) }
            return gzip.finish()
        }
        #expect(packed() == packed())
        for step in [1 << 20, 1000, 7] {
            var reader = LineReader()
            var lines: [String] = []
            let bytes = packed()
            for start in stride(from: 0, to: bytes.count, by: step) {
                try bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { piece in
                    try reader.read(piece) { lines.append(String(decoding: $0, as: UTF8.self) + "\n") }
                }
            }
            try reader.finish { _ in }
            #expect(lines == text)
        }
    }

    @Test func aFileWithoutGzipAndWithoutALastLineBreakIsRead() throws {
        var reader = LineReader()
        var lines: [String] = []
        try Array("one\n\ntwo".utf8).withUnsafeBytes { piece in
            try reader.read(piece) { lines.append(String(decoding: $0, as: UTF8.self)) }
        }
        try reader.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
        #expect(lines == ["one", "two"])
    }

    @Test func aCutFileFails() throws {
        var gzip = Gzip()
        gzip.add("one\n")
        let bytes = gzip.finish().dropLast(3)
        #expect(throws: CloudTrailError.truncated) {
            var reader = LineReader()
            try bytes.withUnsafeBytes { try reader.read($0) { _ in } }
            try reader.finish { _ in }
        }
    }
}
