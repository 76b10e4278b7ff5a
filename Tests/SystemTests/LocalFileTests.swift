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

    @Test func aFolderHasItsNamesInOrderAndNoHiddenOnes() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["b", "a/x", ".git/y", "c"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(name),
                withIntermediateDirectories: true
            )
        }
        try Data().write(to: folder.appendingPathComponent("file"))
        let link = folder.appendingPathComponent("a/link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder)
        #expect(try LocalFile(path: folder.path).names(followsLink: false) == ["a", "b", "c", "file"])
        #expect(try LocalFile(path: link.path).names(followsLink: true) == ["a", "b", "c", "file"])
        for (path, followsLink) in [(link.path, false), (folder.path + "/file", true), (folder.path + "/none", true)] {
            #expect(try LocalFile(path: path).names(followsLink: followsLink) == nil)
        }
        #expect(try LocalFile(argument: "-").names(followsLink: true) == nil)
    }
}
