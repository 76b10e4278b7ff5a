import AWS
import Alerting
import CloudTrail
import JSON
import LambdaRuntime
import Testing
import Time

@testable import Alerter

/// The names that `usage_update` gives to the people of ended queries.
@Suite struct AttributionOfEndingsTests {
    private static let id = "544894e8-80c1-707f-60e3-3ba6510dfac1"

    private let table = FakeTable()
    private let athena = FakeAthena()
    private let queue = FakeQueue()
    private let directory = FakeDirectory()
    private let metrics = Metrics()

    private func row(_ executionID: String, _ more: Item) throws -> OpenQuery {
        let key = QueryKey(startTime: .now - .seconds(60), executionID: executionID)
        let item: Item = ["start_date": .string(key.startDate), "start_key": .string(key.startKey)]
        return try #require(OpenQuery(item.merging(more) { $1 }))
    }

    private func handler(_ people: People = People(), with directory: DirectoryNames? = nil) -> UsageUpdate {
        UsageUpdate(
            .init(
                athena: athena,
                sqs: queue,
                queueURL: "q",
                table: table,
                price: Price(perTB: 5),
                people: people,
                directory: directory
            )
        )
    }

    /// Ends queries of one user of Identity Center, one an invocation, and returns the names in their messages.
    private func names(_ count: Int, _ handler: UsageUpdate) throws -> [String] {
        for index in 0..<count {
            let row = try row(
                "q\(index)",
                ["executing_user": .string(Self.id), "user_type": "person", "user_source": "identity_center"]
            )
            table.open = [row]
            athena.executions = ["q\(index)": "SUCCEEDED"]
            _ = try handler.handle(.null, context(metrics))
        }
        return try queue.messages.suffix(count).map { try FinishedQuery(parsing: $0.utf8).user }
    }

    @Test func theRowAndTheMessageNameThePersonOfTheComment() throws {
        athena.sql = "-- Metabase:: userID: 1000 queryType: MBQL\nSELECT 1"
        var people = People()
        people.aliases = ["metabase:1000": "ada@example.com"]
        table.open = [
            try row(
                "a",
                [
                    "executing_user": "metabase", "user_type": "role", "user_source": "role", "session_name": "i-0abc",
                    "principal_arn": "arn:aws:sts::1:assumed-role/metabase/i-0abc",
                ]
            )
        ]
        athena.executions = ["a": "SUCCEEDED"]
        _ = try handler(people).handle(.null, context(metrics))

        let query = try FinishedQuery(parsing: try #require(queue.messages.first).utf8)
        #expect(query.user == "ada@example.com" && query.userType == .person && query.userSource == .alias)
        #expect(query.tool == "metabase" && query.sessionName == "i-0abc")
        let closed = try #require(table.closings["a"]).attributes(keeping: .full)
        #expect(closed["executing_user"] == "ada@example.com" && closed["user_type"] == "person")
        #expect(closed["user_source"] == "alias" && closed["tool"] == "metabase")
    }

    @Test func identityCenterIsAskedOnceForAUser() throws {
        directory.names = [Self.id: "ada@example.com"]
        #expect(try names(3, handler(with: DirectoryNames(directory))) == Array(repeating: "ada@example.com", count: 3))
        #expect(directory.askedFor == [Self.id])
    }

    @Test func aUserWhomIdentityCenterDoesNotKnowKeepsTheID() throws {
        #expect(try names(2, handler(with: DirectoryNames(directory))) == [Self.id, Self.id])
        #expect(directory.askedFor.count == 1 && metrics["IdentityLookupsFailed"] == 0)
    }

    @Test func aFailureCostsOnlyTheNameAndIsFollowedByAPause() throws {
        directory.failure = unavailable
        #expect(try names(3, handler(with: DirectoryNames(directory))) == [Self.id, Self.id, Self.id])
        #expect(directory.askedFor.count == 1 && metrics["IdentityLookupsFailed"] == 3)
    }

    @Test func withoutADirectoryTheIDStays() throws {
        #expect(try names(1, handler()) == [Self.id])
    }
}
