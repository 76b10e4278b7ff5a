import AWS

/// The attribute names of a query's row. `docs/contracts.md` describes each; ``AlertLedger`` makes those of alerts.
enum RowAttribute {
    static let startDate: StaticString = "start_date"
    static let startKey: StaticString = "start_key"
    static let startTimestamp: StaticString = "start_timestamp"
    static let executionID: StaticString = "query_execution_id"
    static let state: StaticString = "query_state"
    static let user: StaticString = "executing_user"
    static let userType: StaticString = "user_type"
    static let userSource: StaticString = "user_source"
    static let tool: StaticString = "tool"
    static let sessionName: StaticString = "session_name"
    static let dataScanned: StaticString = "data_scanned"
    static let accountID: StaticString = "account_id"
    static let region: StaticString = "region"
    static let workgroup: StaticString = "workgroup"
    static let principalARN: StaticString = "principal_arn"
    static let sql: StaticString = "query_sql"
    static let isSQLCut: StaticString = "query_sql_cut"
    static let sqlShape: StaticString = "query_shape"
    static let statementType: StaticString = "statement_type"
    static let database: StaticString = "database"
    static let catalog: StaticString = "catalog"
    static let stateChangeReason: StaticString = "state_change_reason"
    static let duration: StaticString = "duration_ms"
    static let cost: StaticString = "cost_usd"
    static let foreignCost: StaticString = "cost"
    static let costCurrency: StaticString = "cost_currency"
    static let priceCertainty: StaticString = "price_certainty"
    static let notBilled: StaticString = "not_billed"
    static let repeatOf: StaticString = "repeat_of"
    static let warned: StaticString = "running_warned"
    static let stopBound: StaticString = "running_stopped"
    static let stoppedBy: StaticString = "stopped_by"
    static let stoppedAt: StaticString = "stopped_at"
    static let open: StaticString = "open"
    static let expiresAt: StaticString = "expires_at"
}

extension Item {
    /// The value of an attribute of the queries table.
    subscript(attribute: StaticString) -> AttributeValue? {
        get { self[attribute.description] }
        set { self[attribute.description] = newValue }
    }
}
