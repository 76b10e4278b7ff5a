import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct AthenaBatchTests {
    @Test func aMalformedExecutionDoesNotHideItsNeighbors() throws {
        let body = """
            {"QueryExecutions":[{"QueryExecutionId":1},{"QueryExecutionId":"b","Status":{"State":"RUNNING"}}],
            "UnprocessedQueryExecutionIds":[null,{"QueryExecutionId":"c","ErrorCode":"X"}]}
            """
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let batch = Athena.Batch(region: nil, ids: ["a", "b", "c"])
            let answer = try #require(Athena(try client(server)).batchGetQueryExecution([batch], before: soon).first)
                .get()
            #expect(answer.executions.map(\.id) == ["b"])
            #expect(answer.unprocessed.map(\.id) == ["c"])
        }
    }

    @Test func aBatchIsAskedForInItsOwnRegion() throws {
        try LoopbackServer.run(.reply(200, body: "{}")) { (server) throws in
            let batch = Athena.Batch(region: "sa-east-1", ids: ["a"])
            _ = Athena(try client(server)).batchGetQueryExecution([batch], before: soon)
            #expect(server.requests.first?.headers["authorization"]?.contains("/sa-east-1/athena/") == true)
            #expect(server.requests.first?.headers["x-amz-target"] == "AmazonAthena.BatchGetQueryExecution")
        }
    }

    @Test func callsWaitForTheirQuota() throws {
        try LoopbackServer.run(.reply(200), .reply(200), .reply(200), .reply(200)) { (server) throws in
            let pauses = Pauses()
            let call = AWSCall.json(.athena, "BatchGetQueryExecution", ["QueryExecutionIds": ["a"]])
            let answers = try client(server, pauses: pauses).sendAll(
                Array(repeating: call, count: 4),
                inFlight: 1,
                within: Pace.Quota(rate: 0.01, burst: 2),
                before: soon
            )
            #expect(answers.count { (try? $0.get()) != nil } == 4)
            // A wait that is longer than there is time ends with it.
            #expect(pauses.taken.count == 2)
            #expect(pauses.taken.allSatisfy { $0 > .zero && $0 < .seconds(30) })
        }
    }
}
