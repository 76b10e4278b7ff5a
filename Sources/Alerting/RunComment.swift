import Querying

/// The comments of tools that are new for each run, and so keep Athena from reusing a result: a result is reused only for
/// exactly the same text.
///
/// https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
enum RunComment {
    /// The tool that writes such a comment into a text, in words; nil when there is none.
    static func writer(in sql: String) -> String? {
        SQLComments.firstAndLast(in: sql).compactMap { writer(of: $0) }.first
    }

    private static func writer(of comment: String) -> String? {
        if comment.hasPrefix("Username: "), comment.contains(", Job ID: ") { return "Redash" }
        if comment.hasPrefix("QuickSight "), comment.split(separator: " ").count == 2 { return "QuickSight" }
        if comment.hasPrefix("[SQL LAB] ") { return "Superset" }
        if comment.contains("traceparent='") { return "The program" }
        if comment.hasPrefix("{"), comment.contains("\"app\": \"dbt\""), comment.contains("\"invocation_id\"") {
            return "dbt"
        }
        return nil
    }
}
