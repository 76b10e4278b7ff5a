import AWS
import Alerting
import Testing

@testable import Alerter

/// The order of the queries, when there are more open queries than there is time for.
@Suite struct OpenQueryWalkTests {
    private static let pageCount = 3

    private func query(_ number: Int) -> OpenQuery? {
        let key = "2024-03-05 14:00:00#q-\(String(repeating: "0", count: 3 - String(number).count))\(number)"
        return OpenQuery(["start_date": "2024-03-05", "start_key": .string(key)])
    }

    /// One invocation over queries of which none ends, with time for some of them.
    private func turn(_ walk: inout OpenQueryWalk, of total: Int, timeFor count: Int) throws -> [Int] {
        let queries = (0..<total).compactMap(query)
        var asked: [Int] = []
        walk.begin()
        repeat {
            let first = walk.start.map { start in
                queries.firstIndex { $0.key.startKey > start["start_key"]?.string ?? "" } ?? queries.endIndex
            }
            let page = Array(queries[(first ?? 0)...].prefix(Self.pageCount))
            let served = min(page.count, count - asked.count)
            asked += ((first ?? 0)..<((first ?? 0) + served))
            let isLast = (first ?? 0) + page.count == total
            walk.pass(page, served, next: isLast ? nil : page.last.map(QueriesTable.position(after:)))
        } while !walk.isOver && asked.count < count
        return asked
    }

    @Test func withTimeEnoughEveryQueryHasOneTurnTheOldestFirst() throws {
        var walk = OpenQueryWalk()
        for total in [0, 1, 3, 7, 9] {
            #expect(try turn(&walk, of: total, timeFor: 100) == Array(0..<total))
            #expect(walk.isOver)
        }
    }

    @Test func whoWasNotServedIsNext() throws {
        var walk = OpenQueryWalk()
        #expect(try turn(&walk, of: 10, timeFor: 4) == [0, 1, 2, 3])
        #expect(try turn(&walk, of: 10, timeFor: 4) == [4, 5, 6, 7])
        #expect(try turn(&walk, of: 10, timeFor: 4) == [8, 9, 0, 1])
        #expect(!walk.isOver)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7])
    func nobodyWaitsLongerThanItTakesToServeAll(time: Int) throws {
        var walk = OpenQueryWalk()
        var last = [Int](repeating: 0, count: 10)
        for minute in 1...50 {
            for number in try turn(&walk, of: 10, timeFor: time) { last[number] = minute }
            #expect(last.allSatisfy { minute - $0 <= (10 + time - 1) / time })
        }
    }

    @Test func whoCatchesUpStartsWithTheOldestAgain() throws {
        var walk = OpenQueryWalk()
        _ = try turn(&walk, of: 10, timeFor: 7)
        let asked = try turn(&walk, of: 10, timeFor: 100)
        #expect(Array(asked.prefix(3)) == [7, 8, 9] && Set(asked) == Set(0..<10))
        #expect(walk.isOver && walk.oldest == query(0))
        #expect(try turn(&walk, of: 10, timeFor: 100) == Array(0..<10))
    }
}
