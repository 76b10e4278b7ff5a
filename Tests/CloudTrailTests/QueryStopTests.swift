import Testing
import Time

@testable import CloudTrail

@Suite struct QueryStopTests {
    /// A record of a stop that Athena accepted, with members added or replaced; `nil` removes a member.
    private func stop(_ id: String, _ changes: [String: Any?] = [:]) -> [String: Any] {
        let own: [String: Any?] = [
            "eventName": "StopQueryExecution", "requestParameters": ["queryExecutionId": id], "responseElements": nil,
        ]
        return LogFixtures.start(id, own.merging(changes) { $1 })
    }

    private func read(_ records: [Any], pieceLength: Int = .max) throws -> (stops: [QueryStop], LogFileReader.Counts) {
        var reader = LogFileReader()
        var stops: [QueryStop] = []
        try LogFixtures.forEachPiece(of: try LogFixtures.text(records), length: pieceLength) {
            piece throws(CloudTrailError) in
            try reader.read(piece, found: { _ in }, stopped: { stops.append($0) })
        }
        _ = try reader.finish()
        return (stops, reader.counts)
    }

    @Test func aStopNamesItsCaller() throws {
        // The first record of a file is always read, so the stop stands behind another.
        let records: [Any] = [["eventName": "Other"], LogFixtures.start("q"), stop("q")]
        for length in [1, 7, Int.max] {
            let (stops, counts) = try read(records, pieceLength: length)
            let found = try #require(stops.first)
            #expect(stops.count == 1 && found.executionID == "q" && found.caller.person.name == "ada")
            #expect(found.time.dateAndTime == "2019-01-17 11:57:30" && found.accountID == "123456789012")
            #expect(counts.records == 3 && counts.queryStarts == 1 && counts.others == 2 && counts.malformed == 0)
        }
    }

    @Test(
        arguments: [
            ["errorCode": "AccessDeniedException"], ["eventType": "AwsVpceEvent"],
            ["eventSource": "glue.amazonaws.com"],
            ["requestParameters": nil], ["requestParameters": ["queryExecutionId": ""]], ["eventTime": "soon"],
            ["userIdentity": nil], ["eventName": "StopQueryExecutions"],
        ] as [[String: (any Sendable)?]]
    )
    func anythingElseCountsAsAnotherEvent(changes: [String: (any Sendable)?]) throws {
        let (stops, counts) = try read([["eventName": "Other"], stop("q", changes)])
        #expect(stops.isEmpty && counts.others == 2)
    }
}
