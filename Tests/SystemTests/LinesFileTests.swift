import Glibc
import System
import Testing

struct LinesFileTests {
    private func withPath(_ body: (String) throws -> Void) throws {
        let path = "/tmp/lines-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(path) }
        try body(path)
    }

    private func lines(of file: LinesFile) throws -> [String] {
        var lines: [String] = []
        try file.read {
            lines.append(String(decoding: $0, as: UTF8.self))
            return true
        }
        return lines
    }

    @Test func linesAreThereInTheNextProcess() throws {
        try withPath { path in
            let long = String(repeating: "é", count: 100_000)
            do {
                let file = try LinesFile(path: path)
                for line in ["a", "", long] { try file.append(line) }
            }
            let file = try LinesFile(path: path)
            #expect(try lines(of: file) == ["a", "", long])
            try file.append("b")
            #expect(try lines(of: file).last == "b")
        }
    }

    @Test func aLineThatWasCutOffIsRemoved() throws {
        try withPath { path in
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
            "whole\ncut".utf8CString.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, 9) }
            close(descriptor)
            let file = try LinesFile(path: path)
            #expect(try lines(of: file) == ["whole"])
            try file.append("next")
            #expect(try lines(of: file) == ["whole", "next"])
        }
    }

    @Test func aReaderMayStop() throws {
        try withPath { path in
            let file = try LinesFile(path: path)
            for line in ["a", "b"] { try file.append(line) }
            var count = 0
            try file.read { _ in
                count += 1
                return false
            }
            #expect(count == 1)
            #expect(try lines(of: file) == ["a", "b"])
        }
    }

    @Test func aFolderIsNamed() {
        #expect(throws: LinesFile.Failure.self) { try LinesFile(path: "/tmp") }
    }
}
