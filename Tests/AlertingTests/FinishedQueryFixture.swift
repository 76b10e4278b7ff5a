/// Messages of finished queries.
enum FinishedQueryFixture {
    /// A message of the Python original, with its seven keys.
    static let message = #"""
        {"start_date": "2019-01-17", "start_timestamp": "2019-01-17 11:57:30", "query_execution_id": "6acb",
        "query_state": "SUCCEEDED", "executing_user": "ada", "data_scanned": 29944425990, "query_sql": "select 1"}
        """#
}
