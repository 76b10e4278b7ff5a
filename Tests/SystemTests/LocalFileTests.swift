import Foundation
import System
import Testing

@Suite struct LocalFileTests {
    private func withFile<Result>(_ contents: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(contents).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try body(path.path)
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 200_000])
    func aFileIsReadWhole(_ length: Int) throws {
        let contents = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        try withFile(contents) { path in
            #expect(LocalFile(path: path).exists)
            let read = try LocalFile(path: path).contents()
            #expect(read == contents)
        }
    }

    @Test func readingEndsWhenTheCallerReturnsFalse() throws {
        try withFile(Array(repeating: 0, count: 200_000)) { path in
            var pieces = 0
            try LocalFile(path: path).read { _ in
                pieces += 1
                return false
            }
            #expect(pieces == 1)
        }
    }

    @Test func invalidUTF8IsNoText() throws {
        try withFile([0x61, 0xFF]) { #expect(LocalFile(path: $0).text() == nil) }
        try withFile(Array("é".utf8)) { #expect(LocalFile(path: $0).text() == "é") }
    }

    @Test(arguments: [("/nowhere/at all", "No such file or directory"), ("/", "Is a directory")])
    func aFileThatCannotBeReadHasTheSystemsReason(_ path: String, _ reason: String) {
        let error = #expect(throws: LocalFile.Unreadable.self) { try LocalFile(path: path).contents() }
        #expect(error?.description == reason)
        #expect(LocalFile(path: path).text() == nil && LocalFile(path: path).exists == (path == "/"))
    }

    @Test func aHyphenIsStandardInputOnTheCommandLineAlone() {
        #expect(!LocalFile(path: "-").exists && LocalFile(argument: "-").exists)
    }
}
