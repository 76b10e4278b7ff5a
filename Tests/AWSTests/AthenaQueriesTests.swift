import AWSFixture
import HTTP
import JSON
import LoopbackServer
import Testing
import Time

@testable import AWS

@Suite struct AthenaQueriesTests {
    private func athena(_ server: LoopbackServer) throws -> Athena { Athena(try client(server)) }

    @Test func aStartSaysAllThatIsAsked() throws {
        let request = QueryRequest(
            sql: "SELECT ?",
            token: QueryRequest.token(for: "event"),
            database: "sales",
            catalog: "hive",
            outputLocation: "s3://results/daily/",
            workgroup: "etl",
            parameters: ["'a'", "7"]
        )
        try LoopbackServer.run(.reply(200, body: #"{"QueryExecutionId":"q-1"}"#)) { (server) throws in
            #expect(try athena(server).start(request, before: soon) == "q-1")
            let sent = try JSONValue(parsing: server.requests[0].body.utf8)
            #expect(server.requests[0].headers["x-amz-target"] == "AmazonAthena.StartQueryExecution")
            #expect(sent["QueryString"] == "SELECT ?" && sent["WorkGroup"] == "etl")
            #expect(sent["ClientRequestToken"]?.string == request.token)
            #expect(sent["QueryExecutionContext"] == ["Database": "sales", "Catalog": "hive"])
            #expect(sent["ResultConfiguration"] == ["OutputLocation": "s3://results/daily/"])
            #expect(sent["ExecutionParameters"] == ["'a'", "7"])
        }
    }

    @Test func aStartWithSQLAloneLeavesTheRestToTheWorkgroup() throws {
        try LoopbackServer.run(.reply(200, body: #"{"QueryExecutionId":"q-1"}"#)) { (server) throws in
            _ = try athena(server).start(QueryRequest(sql: "SELECT 1", token: "t"), before: soon)
            #expect(server.requests[0].body == #"{"QueryString":"SELECT 1","ClientRequestToken":"t"}"#)
        }
    }

    @Test func aTokenIsTheSameForTheSameTextsOnly() {
        let token = QueryRequest.token(for: "event", "0")
        #expect(token == QueryRequest.token(for: "event", "0"))
        #expect(token != QueryRequest.token(for: "event0", ""))
        #expect(token != QueryRequest.token(for: "0", "event"))
        #expect((32...128).contains(token.utf8.count))
    }

    @Test func anExecutionTellsWhyItFailed() throws {
        let body = #"""
            {"QueryExecution":{"QueryExecutionId":"q-1","Status":{"State":"FAILED","StateChangeReason":"SYNTAX_ERROR",
            "AthenaError":{"ErrorCategory":2,"ErrorType":1006,"Retryable":false,"ErrorMessage":"no column"}},
            "ResultConfiguration":{"OutputLocation":"s3://results/q-1.csv"}}}
            """#
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let execution = try athena(server).execution("q-1", before: soon)
            #expect(execution.hasEnded && execution.stateChangeReason == "SYNTAX_ERROR")
            #expect(execution.failure?.category == 2)
            #expect(execution.failure?.isRetryable == false)
            #expect(execution.outputLocation == "s3://results/q-1.csv")
        }
    }

    private func state(_ state: String) -> Answer {
        .reply(200, body: #"{"QueryExecution":{"QueryExecutionId":"q-1","Status":{"State":"\#(state)"}}}"#)
    }

    @Test func waitingEndsWithTheQuery() throws {
        try LoopbackServer.run(state("QUEUED"), state("RUNNING"), state("SUCCEEDED")) { (server) throws in
            let clock = ContinuousClock.now
            #expect(try athena(server).wait(for: "q-1", before: soon).state == .succeeded)
            #expect(.now - clock > .milliseconds(400) && server.requests.count == 3)
        }
    }

    @Test func anotherExecutionIsNotTheOneThatWasAskedFor() throws {
        try LoopbackServer.run(state("SUCCEEDED")) { (server) throws in
            let athena = try athena(server)
            let error = #expect(throws: AWSError.self) { try athena.wait(for: "q-2", before: soon) }
            #expect(error?.description.contains("it tells of another execution") == true)
        }
    }

    @Test func waitingEndsWithTheDeadline() throws {
        let running = state("RUNNING")
        try LoopbackServer.run(running, running, running, running, running, running, running) { (server) throws in
            // Time for five pauses and a second for the last look; a slow machine has time for fewer.
            let deadline = Deadline.after(.seconds(5))
            #expect(try athena(server).wait(for: "q-1", before: deadline).state == .running)
            #expect(!deadline.hasPassed && (2...6).contains(server.requests.count))
        }
    }

    @Test func aPageKeepsNullApartFromNothing() throws {
        let body = #"""
            {"ResultSet":{"ResultSetMetadata":{"ColumnInfo":[{"Name":"a","Label":"b","Type":"bigint"},{"Name":"c"}]},
            "Rows":[{"Data":[{},{"VarCharValue":""}]}]},"NextToken":"t"}
            """#
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let page = try athena(server).results(of: "q-1", from: "s", count: 10, before: soon)
            let columns = [
                ResultPage.Column(name: "b", type: "bigint"), ResultPage.Column(name: "c", type: "varchar"),
            ]
            #expect(page == ResultPage(columns: columns, rows: [[nil, ""]], nextToken: "t"))
            #expect(server.requests[0].body == #"{"QueryExecutionId":"q-1","MaxResults":10,"NextToken":"s"}"#)
        }
    }

    @Test func anInvalidRequestKeepsAthenasCode() throws {
        let body = #"{"__type":"InvalidRequestException","AthenaErrorCode":"MALFORMED_QUERY","Message":"no"}"#
        try LoopbackServer.run(.reply(400, body: body)) { (server) throws in
            let athena = try athena(server)
            let error = #expect(throws: AWSError.self) { try athena.stop("q-1", before: soon) }
            guard case .refused(let refusal) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.athenaErrorCode == "MALFORMED_QUERY" && refusal.message == "no")
        }
    }
}
