package import CloudTrail
package import JSON
package import Querying

/// A query that has ended, as the message on the queue describes it.
package struct FinishedQuery: Sendable, Equatable {
    /// The key of the query's row.
    package var key: QueryKey
    /// The state in which it ended.
    package var state: QueryState
    /// The name of the person or program that ran it.
    package var user: String
    /// The kind of identity behind the user's name, nil when the message does not say.
    package var userType: Person.Kind?
    /// The evidence that gave the user's name, nil when the message does not say.
    package var userSource: Person.Source?
    /// The tool that ran it for the user, nil when there is none or it is not known.
    package var tool: String?
    /// The role that made the call, by CloudTrail's evidence alone, nil for other identities.
    package var role: String?
    /// The name of the role's session, nil for other identities.
    package var sessionName: String?
    /// Bytes read from storage.
    package var dataScanned: Int64
    package var sql: String?
    /// Whether the end of the SQL is missing.
    package var isSQLCut = false
    /// The id of the shape of the whole SQL, where a row keeps only a part; no part of the message.
    package var sqlShape: UInt64?
    /// The cost, nil when the message does not state it.
    package var cost: Cost?
    /// The account in which it ran.
    package var accountID: String?
    /// The region in which it ran.
    package var region: String?
    /// The workgroup in which it ran.
    package var workgroup: String?
    /// The database in which unqualified names were looked up.
    package var database: String?
    /// The catalog in which unqualified names were looked up.
    package var catalog: String?
    /// `DDL`, `DML` or `UTILITY`.
    package var statementType: String?
    /// Athena's reason for a failure or cancellation.
    package var stateChangeReason: String?
    /// Milliseconds from submission to the end.
    package var durationMilliseconds: Int64?

    /// The time at which Athena accepted the query, `YYYY-MM-DD HH:MM:SS`, UTC.
    package var submissionTimestamp: String?

    /// The standings of the budgets that the query counted into; no part of its message.
    package var budgets: [BudgetStanding] = []
    /// The statement, if its runs are counted; no part of its message.
    package var fingerprint: StatementFingerprint?
    /// The targets to warn of this query, which still runs; nil for one that has ended. Its time and size are those so far.
    package var warnedTargets: [AlertTarget]?

    /// The time of that look, `YYYY-MM-DD HH:MM:SS`, UTC: a warning may be read late.
    package var observationTimestamp: String?

    /// The bound of the settings at which this program stopped the query; nil for any other end.
    package var stopBound: String?

    /// The name of the person or program whose call cancelled the query; nil where nothing tells.
    package var stoppedBy: String?

    /// The time at which the query ended by Athena's clock, `YYYY-MM-DD HH:MM:SS`, UTC.
    package var completionTimestamp: String?

    /// The key of the item that holds the claims and notes of the query's alerts; all rows of one execution share it.
    ///
    /// A start that is repeated with the same client token gives the same execution a second row, and CloudTrail may
    /// deliver the second start first. The day on which Athena accepted the query, and its id, are the same for both.
    /// The item is in a partition of its own, so that a reader of a day's queries does not see it.
    package var alertKey: QueryKey {
        let day = submissionTimestamp.map { String($0.prefix(10)) } ?? key.startDate
        return QueryKey(startDate: "\(day)#alerts", startKey: "#\(key.executionID)")
    }

    /// Creates a finished query from the members that every message has.
    package init(key: QueryKey, state: QueryState, user: String, dataScanned: Int64, sql: String? = nil) {
        self.key = key
        self.state = state
        self.user = user
        self.dataScanned = dataScanned
        self.sql = sql
    }

    /// Whether a person ran it. Messages of other producers do not say; their users are people.
    package var isOfPerson: Bool { userType == nil || userType == .person }

    /// Whether a limit of its workgroup on what one query may scan stopped it.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
    package var isStoppedByLimit: Bool {
        state == .cancelled && stateChangeReason?.contains("Bytes scanned limit was exceeded") == true
    }

    /// Names the person or program that ran the query.
    package mutating func attribute(to attribution: Attribution) {
        user = attribution.person.name
        userType = attribution.person.kind
        userSource = attribution.person.source
        tool = attribution.tool
        role = attribution.roleName
        sessionName = attribution.sessionName
    }
}

extension FinishedQuery {
    /// The version of the message's format; a higher version adds keys and keeps all others.
    private static let messageVersion: Int64 = 1

    /// The message for the queue: the keys of the Python original first, in its order, then this project's.
    ///
    /// - Parameter limit: the longest message allowed, in bytes of UTF-8; SQL that does not fit is cut at a character
    ///   and marked with `query_sql_cut`.
    package func message(limit: Int) -> String {
        let whole = document.serialized()
        let excess = whole.utf8.count - limit
        guard excess > 0, let sql else { return whole }
        var shorter = self
        shorter.isSQLCut = true
        // The excess does not include the mark yet.
        let mark = isSQLCut ? 0 : #","query_sql_cut":true"#.utf8.count
        shorter.sql = sql.droppingLast(atLeast: excess + mark)
        return shorter.document.serialized()
    }

    /// The message as a JSON object.
    package var document: JSONValue {
        .object(of: [
            "start_date": .string(key.startDate),
            "start_timestamp": .string(key.startTimestamp),
            "query_execution_id": .string(key.executionID),
            "query_state": .string(state.rawValue),
            "executing_user": .string(user),
            "data_scanned": .integer(dataScanned),
            "query_sql": sql.map { .string($0) } ?? .null,
            "version": .integer(Self.messageVersion),
            "query_sql_cut": isSQLCut ? true : nil,
            "user_type": userType.map { .string($0.rawValue) },
            "user_source": userSource.map { .string($0.rawValue) },
            "tool": tool.map { .string($0) },
            "role": role.map { .string($0) },
            "session_name": sessionName.map { .string($0) },
            "account_id": accountID.map { .string($0) },
            "region": region.map { .string($0) },
            "workgroup": workgroup.map { .string($0) },
            "database": database.map { .string($0) },
            "catalog": catalog.map { .string($0) },
            "statement_type": statementType.map { .string($0) },
            "submission_timestamp": submissionTimestamp.map { .string($0) },
            "completion_timestamp": completionTimestamp.map { .string($0) },
            "observation_timestamp": observationTimestamp.map { .string($0) },
            "warning": warnedTargets.map { .strings($0.map(\.rawValue)) },
            "stopped_at": stopBound.map { .string($0) },
            "stopped_by": stoppedBy.map { .string($0) },
            "state_change_reason": stateChangeReason.map { .string($0) },
            "duration_ms": durationMilliseconds.map { .integer($0) },
            "cost_usd": cost?.dollars.map { .number($0) },
            "cost": cost?.foreignMoney.map { .number($0.amount) },
            "cost_currency": cost?.foreignMoney.map { .string($0.currency.rawValue) },
            "price_certainty": cost?.certainty.map { .string($0.rawValue) },
            "not_billed": cost?.freeReason.map { .string($0.rawValue) },
        ])
    }
}

extension FinishedQuery: JSONReadable {
    /// Reads a message. Unknown keys are ignored, and the Python original's seven keys are enough.
    ///
    /// - Throws: ``JSONError`` that names the key that is missing or of another type.
    package init(json message: JSONValue) throws(JSONError) {
        let id: String = try message.required("query_execution_id")
        // The id is the alert's idempotency key: all messages without one would count as the same query.
        guard !id.isEmpty else { throw .unexpected(place: "query_execution_id", problem: "it is empty") }
        self.init(
            key: QueryKey(
                startDate: try message.required("start_date"),
                startTimestamp: try message.required("start_timestamp"),
                executionID: id
            ),
            state: QueryState(rawValue: try message.required("query_state")),
            user: try message.required("executing_user"),
            dataScanned: try message.optional("data_scanned") ?? 0,
            sql: try message.optional("query_sql")
        )
        // A bad value of a key that this project adds must not lose the alert: a value of another kind counts as
        // absent.
        isSQLCut = (try? message.optional("query_sql_cut")) ?? false
        if let kind: String = try? message.optional("user_type") { userType = Person.Kind(rawValue: kind) ?? .unknown }
        if let source: String = try? message.optional("user_source") {
            userSource = .init(rawValue: source) ?? .unknown
        }
        tool = try? message.optional("tool")
        role = try? message.optional("role")
        sessionName = try? message.optional("session_name")
        accountID = try? message.optional("account_id")
        region = try? message.optional("region")
        workgroup = try? message.optional("workgroup")
        database = try? message.optional("database")
        catalog = try? message.optional("catalog")
        statementType = try? message.optional("statement_type")
        stateChangeReason = try? message.optional("state_change_reason")
        submissionTimestamp = try? message.optional("submission_timestamp")
        if let names: [String] = try? message.optional("warning") { warnedTargets = names.compactMap(AlertTarget.init) }
        observationTimestamp = try? message.optional("observation_timestamp")
        stopBound = try? message.optional("stopped_at")
        stoppedBy = try? message.optional("stopped_by")
        completionTimestamp = try? message.optional("completion_timestamp")
        durationMilliseconds = try? message.optional("duration_ms")
        cost = Cost(of: message)
    }
}

extension Cost {
    /// The cost that a message states, nil without one.
    fileprivate init?(of message: JSONValue) {
        let reason: String? = try? message.optional("not_billed")
        if let dollars: Double = try? message.optional("cost_usd") {
            let billed = Cost.billed(Money(dollars, .dollars), isEstimate: Self.isEstimate(in: message))
            self = reason.flatMap(FreeReason.init).map { .free($0) } ?? billed
        } else if let amount: Double = try? message.optional("cost"),
            let name: String = try? message.optional("cost_currency"), let currency = Money.Currency(rawValue: name)
        {
            self = .billed(Money(amount, currency), isEstimate: Self.isEstimate(in: message))
        } else {
            return nil
        }
    }

    private static func isEstimate(in message: JSONValue) -> Bool {
        let certainty: String? = try? message.optional("price_certainty")
        return certainty == PublishedPrice.Certainty.fallback.rawValue
    }
}

extension String {
    /// This text without its last characters, so many that they take at least `count` bytes when serialized.
    fileprivate func droppingLast(atLeast count: Int) -> String {
        var dropped = 0
        var end = unicodeScalars.endIndex
        while dropped < count, end > unicodeScalars.startIndex {
            end = unicodeScalars.index(before: end)
            dropped += JSONValue.serializedLength(of: unicodeScalars[end])
        }
        return String(unicodeScalars[..<end])
    }
}
