import Alerting
import Querying
import Testing
import Time

@testable import AWS
@testable import Alerter

@Suite struct StoredStatementsTests {
    private static let statements = [
        RecentStatements.Statement(
            fingerprint: StatementFingerprint(hash: .max),
            runs: 37,
            ended: Timestamp(secondsSince1970: 1_790_000_000)
        ),
        RecentStatements.Statement(
            fingerprint: StatementFingerprint(hash: 0),
            runs: 1,
            ended: Timestamp(secondsSince1970: 0)
        ),
    ]

    @Test func aDayKeepsItsStatements() {
        var stored = StoredDay()
        stored.day.recent = RecentStatements(Self.statements)
        #expect(stored.day.recent.text == "3w5e11264sgsf:11:tlpwu8 0:1:0")
        let read = StoredDay([DayAttribute.recent.description: .string(stored.day.recent.text)])
        #expect(read.day.recent == stored.day.recent)
    }

    @Test(arguments: [
        " ", "x", "1:2", "1:0:3", "1:-1:3", "g!:1:1", "3w5e11264sgsg:1:1", "1:1:1:1", "1:3w5e11264sgsf:1", "::",
    ])
    func whatIsMalformedCountsAsAbsent(_ text: String) {
        #expect(RecentStatements(text).statements.isEmpty)
        #expect(RecentStatements("\(text) 1:2:3").statements.map(\.runs) == [2])
    }
}
