import JSON
import LambdaRuntime
import Querying
import Time

@testable import AWS
@testable import Queries

/// Athena in memory: executions take the states that were planned for them, in the order of their starts.
final class FakeAthena: QueryRunning, QueryServing {
    /// An execution's life and result.
    struct Plan {
        var state = "SUCCEEDED"
        var location = "s3://results/daily/"
        var reason: String?
        var failure: JSONValue?
        var rows: [[String?]] = [["7"]]
        var completed: Timestamp = .now
        var bytes: Int64 = 5
    }

    private(set) var requests: [QueryRequest] = []
    private(set) var stopped: [String] = []
    private(set) var calls: [String] = []
    private var plans: [Plan]
    private var ids: [String: String] = [:]
    private var executions: [String: Plan] = [:]
    private var descriptions: [String: JSONValue] = [:]
    /// The operations that fail, with their errors.
    var failures: [String: AWSError] = [:]

    init(_ plans: Plan...) {
        self.plans = plans
    }

    func start(_ request: QueryRequest, before deadline: Deadline) throws(AWSError) -> String {
        try call("start")
        if let id = ids[request.token] { return id }
        requests.append(request)
        let id = "e\(requests.count)"
        var plan = plans.isEmpty ? Plan() : plans.removeFirst()
        plan.location = "\(request.outputLocation ?? plan.location)\(id).csv"
        ids[request.token] = id
        executions[id] = plan
        return id
    }

    func execution(_ id: String, before deadline: Deadline) throws(AWSError) -> QueryExecution {
        try call("execution")
        guard let plan = executions[id] else { throw .refused(Self.refusal("Query \(id) was not found")) }
        do throws(JSONError) {
            return try QueryExecution(json: descriptions[id] ?? Self.json(id, plan))
        } catch {
            throw .unreadable(call: "athena:GetQueryExecution", reason: "\(error)")
        }
    }

    func wait(for id: String, before deadline: Deadline) throws(AWSError) -> QueryExecution {
        try execution(id, before: deadline)
    }

    func stop(_ id: String, before deadline: Deadline) throws(AWSError) {
        stopped.append(id)
        executions[id]?.state = "CANCELLED"
    }

    func results(
        of id: String,
        from token: String?,
        count: Int,
        before deadline: Deadline
    ) throws(AWSError) -> ResultPage {
        try call("results")
        let all = [["n"]] + (executions[id]?.rows ?? [])
        let start = token.flatMap { Int($0) } ?? 0
        let end = min(start + count, all.count)
        return ResultPage(
            columns: [.init(name: "n", type: "integer")],
            rows: Array(all[start..<end]),
            nextToken: end < all.count ? "\(end)" : nil
        )
    }

    private func call(_ operation: String) throws(AWSError) {
        calls.append(operation)
        if let failure = failures[operation] { throw failure }
    }

    /// Plans one more execution.
    func plan(_ plan: Plan) { plans.append(plan) }

    /// Lets an execution end.
    func end(_ id: String, completed: Timestamp = .now) {
        executions[id]?.state = "SUCCEEDED"
        executions[id]?.completed = completed
    }

    /// Has Athena describe an execution in another way.
    func describe(_ id: String, as description: JSONValue) { descriptions[id] = description }

    static func refusal(_ message: String, code: String = "InvalidRequestException", status: Int = 400) -> ServiceError
    {
        ServiceError(call: "athena:X", status: status, code: code, message: message, requestID: "r")
    }

    private static func json(_ id: String, _ plan: Plan) -> JSONValue {
        let hasEnded = !["QUEUED", "RUNNING"].contains(plan.state)
        return [
            "QueryExecutionId": .string(id), "StatementType": "DML",
            "ResultConfiguration": ["OutputLocation": .string(plan.location)],
            "Statistics": ["DataScannedInBytes": .integer(plan.bytes)],
            "Status": .object(of: [
                "State": .string(plan.state),
                "StateChangeReason": plan.reason.map { .string($0) },
                "AthenaError": plan.failure,
                "CompletionDateTime": hasEnded ? .integer(plan.completed.secondsSince1970) : nil,
            ]),
        ]
    }
}

/// S3 in memory.
final class FakeResults: ResultListing {
    var objects: [S3Listing.Object] = []
    private(set) var deleted: [String] = []
    /// The keys that cannot be deleted.
    var refused: Set<String> = []
    /// Fails every listing when it is set.
    var listingFailure: AWSError?
    /// The objects that one page lists.
    var pageLength = 1000

    func deleteObjects(bucket: String, keys: [String], before deadline: Deadline) -> [Result<Void, AWSError>] {
        keys.map { key in
            if refused.contains(key) { return .failure(.refused(FakeAthena.refusal("no", code: "AccessDenied"))) }
            deleted.append(key)
            return .success(())
        }
    }

    func page(
        of location: ObjectLocation,
        from start: String?,
        before deadline: Deadline
    ) throws(AWSError) -> S3Listing {
        if let listingFailure { throw listingFailure }
        let found = objects.filter { $0.key.hasPrefix(location.key) }
        let first = start.flatMap { Int($0) } ?? 0
        let end = min(first + pageLength, found.count)
        return S3Listing(
            objects: Array(found[first..<end]),
            folders: [],
            next: end < found.count ? "\(end)" : nil
        )
    }
}

extension InvocationContext {
    /// An invocation, by default one whose log goes nowhere.
    static func test(_ requestID: String = "r-1", log: Log = Log(level: .error) { _ in }) -> InvocationContext {
        InvocationContext(
            requestID: requestID,
            functionARN: "arn:aws:lambda:eu-west-1:1:function:f",
            deadline: .after(.seconds(30)),
            log: log
        )
    }
}
