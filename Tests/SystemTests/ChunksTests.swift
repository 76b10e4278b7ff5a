import System
import Testing

@Suite struct ChunksTests {
    @Test(arguments: [
        (0, 3, []), (1, 3, [[0]]), (3, 3, [[0, 1, 2]]), (4, 3, [[0, 1, 2], [3]]), (6, 3, [[0, 1, 2], [3, 4, 5]]),
        (3, 1, [[0], [1], [2]]), (2, 0, [[0], [1]]), (2, .max, [[0, 1]]),
    ])
    func aCollectionIsCutInOrder(_ count: Int, _ length: Int, _ chunks: [[Int]]) {
        #expect(Array(0..<count).chunks(of: length).map(Array.init) == chunks)
    }

    @Test func chunksKeepTheirIndices() {
        #expect((0..<5).chunks(of: 2) == [0..<2, 2..<4, 4..<5])
    }
}
