import GzipFixture
import Testing

@testable import CloudTrail

/// ISA-L unpacks what zlib unpacks, and refuses what zlib refuses.
@Suite(.enabled(if: Inflater.Library.present.count > 1, "ISA-L is not installed"))
struct InflaterTests {
    private struct Result: Equatable {
        var unpacked: [UInt8] = []
        var error: CloudTrailError?
    }

    private static let texts: [[UInt8]] = {
        var chance = Chance(state: 1)
        let records = (0..<3000).map { _ in
            #"{"eventName":"GetObject","requestID":"\#(chance.next())","bytes":\#(chance.next() % 1000)}"#
        }
        let log = Array(#"{"Records":[\#(records.joined(separator: ","))]}"#.utf8)
        return [
            [], Array(log.prefix(40)), Array(log.prefix(5000)), log, Array(repeating: 0x20, count: 1 << 20),
            (0..<70_000).map { _ in UInt8(truncatingIfNeeded: chance.next()) },
        ]
    }()

    private func unpack(_ bytes: [UInt8], pieceLength: Int, _ library: Inflater.Library) -> Result {
        var result = Result()
        var stream = GzipStream(inflatingWith: library)
        do throws(CloudTrailError) {
            try LogFixtures.forEachPiece(of: bytes, length: pieceLength) { piece throws(CloudTrailError) in
                try stream.unpack(piece) { window in result.unpacked.append(contentsOf: window) }
            }
            try stream.finish()
        } catch {
            result.error = error
        }
        return result
    }

    /// A length that makes some hundred pieces at most of a long file.
    private func pieceLength(for count: Int, _ chance: inout Chance) -> Int {
        [1, 2, 7, 8, 9, 64, 1000, 1 << 16].filter { count / $0 < 500 }.randomElement(using: &chance) ?? count
    }

    @Test(arguments: texts.indices, [0, 1, 6, 9] as [Int32])
    func wholeFilesAreUnpacked(_ index: Int, _ level: Int32) {
        let text = Self.texts[index]
        var chance = Chance(state: UInt64(index))
        // The text is cut in two members at a place that varies where the windows end.
        for _ in 0..<10 {
            let cut = Int.random(in: 0...text.count, using: &chance)
            let packed = gzip(Array(text[..<cut]), level: level) + gzip(Array(text[cut...]), level: level)
            let length = pieceLength(for: packed.count, &chance)
            for library in Inflater.Library.present {
                #expect(unpack(packed, pieceLength: length, library) == Result(unpacked: text))
            }
        }
    }

    @Test func aFileThatEndsRightBehindAWindowIsUnpacked() {
        // ISA-L takes the trailer in advance while the window is full.
        let window = 128 << 10
        for length in window - 4...window + 4 {
            let text = [UInt8](repeating: 0x20, count: length)
            for library in Inflater.Library.present {
                #expect(unpack(gzip(text), pieceLength: .max, library) == Result(unpacked: text))
            }
        }
    }

    @Test(arguments: texts.indices, [0, 1, 6, 9] as [Int32])
    func aFileCutAnywhereIsTruncated(_ index: Int, _ level: Int32) {
        let packed = gzip(Self.texts[index], level: level)
        var chance = Chance(state: UInt64(index))
        for _ in 0..<20 {
            let cut = Array(packed[..<Int.random(in: 2..<packed.count, using: &chance)])
            let length = pieceLength(for: cut.count, &chance)
            let (expected, found) = (unpack(cut, pieceLength: length, .zlib), unpack(cut, pieceLength: length, .isal))
            #expect(expected.error == .truncated && found.error == .truncated)
            // ISA-L writes up to three letters at once, and waits until all have come.
            #expect(expected.unpacked.starts(with: found.unpacked))
            #expect(expected.unpacked.count - found.unpacked.count < 3)
        }
    }

    @Test(arguments: texts.indices, [0, 1, 6, 9] as [Int32])
    func aDamagedFileIsRefusedByBoth(_ index: Int, _ level: Int32) {
        let packed = gzip(Self.texts[index], level: level)
        var chance = Chance(state: UInt64(index))
        for round in 0..<60 {
            var damaged = packed
            // Half of the damage is in the table of the first block.
            let place = Int.random(in: 0..<(round % 2 == 0 ? packed.count : min(packed.count, 120)), using: &chance)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
            let length = pieceLength(for: damaged.count, &chance)
            let expected = unpack(damaged, pieceLength: length, .zlib)
            let found = unpack(damaged, pieceLength: length, .isal)
            if expected.error == .damaged("invalid deflate data") {
                // ISA-L accepts a table with codes to spare, and then unpacks something until the mistake shows.
                #expect(found.error != nil && found.unpacked.starts(with: expected.unpacked))
            } else {
                #expect(found == expected)
            }
        }
    }

    @Test func aBombIsToldAtTheSamePlace() {
        let spaces = gzip([UInt8](repeating: 0x20, count: 32 << 20), level: 9)
        let bomb = spaces + spaces + spaces
        for length in [1000, 1 << 16] {
            #expect(
                unpack(bomb, pieceLength: length, .isal).error == unpack(bomb, pieceLength: length, .zlib).error
            )
        }
    }
}

/// A generator of random numbers that are the same in every run (SplitMix64).
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
