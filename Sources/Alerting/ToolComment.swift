import JSON

/// The comments that tools write into the SQL which they run, each known by the tool's own mark.
enum ToolComment {
    /// The claim of a comment without its marks; nil when no known tool wrote it.
    static func claim(of comment: String) -> CommentClaim? {
        let readers = [redash, metabase, looker, sigma, hex, superset, quickSight, ofObject, sqlCommenter]
        return readers.lazy.compactMap { $0(comment) }.first
    }

    /// `Username: ada@example.com, query_id: 42, Job ID: …, Query Hash: …, Scheduled: False`; old versions say
    /// `Query ID` and `Queue`. The username of a scheduled run is the owner of the query.
    ///
    /// https://github.com/getredash/redash/blob/master/redash/query_runner/__init__.py
    private static func redash(_ comment: String) -> CommentClaim? {
        guard let name = comment.text(after: "Username: "), comment.contains("Query Hash: ") else { return nil }
        let ends = [", query_id: ", ", Query ID: ", ", Queue: ", ", Job ID: "].compactMap { name.firstRange(of: $0) }
        guard let end = ends.map(\.lowerBound).min() else { return CommentClaim(tool: "redash") }
        let user = name[..<end]
        // The text of an object stands for an API key, which no person holds.
        let isPerson = !user.contains("<") && !user.contains("ApiUser") && user != "Scheduled"
        return CommentClaim(
            tool: "redash",
            person: isPerson ? String(user) : nil,
            isUnattended: comment.contains("Scheduled: True")
        )
    }

    /// `Metabase:: userID: 1000 queryType: MBQL queryHash: …`, after other text for Redshift; `Metabase` alone when
    /// no user ran the query.
    ///
    /// https://github.com/metabase/metabase/blob/master/src/metabase/query_processor/util.clj
    private static func metabase(_ comment: String) -> CommentClaim? {
        guard comment != "Metabase" else { return CommentClaim(tool: "metabase", isUnattended: true) }
        guard comment.hasPrefix("Metabase:: ") || comment.contains("*/ Metabase:: "),
            let rest = comment.firstRange(of: "Metabase:: ").map({ comment[$0.upperBound...] })
        else { return nil }
        let id = rest.text(after: "userID: ")?.prefix { $0.isASCII && $0.isNumber } ?? ""
        return CommentClaim(tool: "metabase", person: id.isEmpty ? nil : "metabase:\(id)", isUnattended: true)
    }

    /// `Looker Query Context '{"user_id":7,…}'`; the id is null for a table that Looker keeps up to date by itself.
    private static func looker(_ comment: String) -> CommentClaim? {
        guard let context = comment.text(after: "Looker Query Context ") else { return nil }
        let id: Int64? = context.object.flatMap { try? $0.optional("user_id") }
        return CommentClaim(tool: "looker", person: id.map { "looker:\($0)" }, isUnattended: context.object != nil)
    }

    /// `Sigma Σ {"request-id":"…","email":"ada@example.com"}`.
    private static func sigma(_ comment: String) -> CommentClaim? {
        guard let context = comment.text(after: "Sigma Σ ") else { return nil }
        return CommentClaim(tool: "sigma", person: context.object?.text("email"))
    }

    /// `Hex query metadata: {"context":"SCHEDULED_RUN","user_email":"…",…}`.
    private static func hex(_ comment: String) -> CommentClaim? {
        guard let metadata = comment.text(after: "Hex query metadata: ") else { return nil }
        let isScheduled = metadata.object?.text("context") == "SCHEDULED_RUN"
        return CommentClaim(
            tool: "hex",
            person: isScheduled ? nil : metadata.object?.text("user_email"),
            isUnattended: isScheduled
        )
    }

    /// Forms of Superset's mutator of queries: `[SQL LAB] ada 2024-05-06T07:08:09`, the sample of its configuration,
    /// and two that deployments use.
    ///
    /// https://github.com/apache/superset/blob/master/superset/config.py
    private static func superset(_ comment: String) -> CommentClaim? {
        let forms = ["[SQL LAB] ", "[Superset] ", "superset_user="]
        guard let rest = forms.lazy.compactMap({ comment.text(after: $0) }).first else { return nil }
        let user = rest.prefix { !$0.isWhitespace && $0 != "," }
        // Reports and alerts of Superset run without a user.
        let isUser = user != "None"
        return CommentClaim(tool: "superset", person: isUser ? String(user) : nil, isUnattended: !isUser)
    }

    /// `QuickSight`, or `QuickSight` and an id; it does not name the person.
    private static func quickSight(_ comment: String) -> CommentClaim? {
        guard comment == "QuickSight" || comment.hasPrefix("QuickSight ") else { return nil }
        return comment.split(separator: " ").count <= 2 ? CommentClaim(tool: "quicksight") : nil
    }

    /// JSON alone: dbt's, which names itself, and Mode's, which is known by its URL.
    private static func ofObject(_ comment: String) -> CommentClaim? {
        guard comment.hasPrefix("{"), let object = comment[...].object else { return nil }
        if object.text("app") == "dbt" { return CommentClaim(tool: "dbt", person: personOfDBT(object)) }
        let url = object.text("url") ?? ""
        guard url.hasPrefix("https://modeanalytics.com/") || url.hasPrefix("https://app.mode.com/") else { return nil }
        return CommentClaim(tool: "mode", person: object.text("email") ?? object.text("user")?.withoutAt)
    }

    /// dbt names no person by itself. Teams add a key of their own, and the package `dbt_query_tags` the run's reason
    /// and the model's owner.
    ///
    /// https://github.com/get-select/dbt-snowflake-query-tags
    private static func personOfDBT(_ object: JSONValue) -> String? {
        let names = ["user_email", "email", "user", "username"].lazy.compactMap { object.text($0) }
        if let name = names.first { return name.withoutAt }
        if let reason = object.text("dbt_cloud_run_reason"), let last = reason.split(separator: " ").last,
            last.contains("@")
        {
            return String(last)
        }
        return object["node_meta"]?.text("owner")?.withoutAt
    }

    /// `action='x',user='ada%40example.com'`: names and values are percent-encoded; OpenTelemetry doubles the `%`.
    ///
    /// https://google.github.io/sqlcommenter/spec/
    private static func sqlCommenter(_ comment: String) -> CommentClaim? {
        guard comment.hasSuffix("'"), let values = TaggedValues(comment)?.values else { return nil }
        let name = ["user_email", "email", "user", "username"].lazy.compactMap { values[$0] }.first
        return CommentClaim(person: name)
    }
}

extension StringProtocol {
    /// The text after a text at the start; nil when this does not begin with it.
    fileprivate func text(after start: String) -> SubSequence? {
        hasPrefix(start) ? self[index(startIndex, offsetBy: start.count)...] : nil
    }
}

extension Substring {
    /// The JSON object from the first brace to the last, nil without one.
    fileprivate var object: JSONValue? {
        guard let start = firstIndex(of: "{"), let end = lastIndex(of: "}"), start < end else { return nil }
        let value = try? JSONValue(parsing: self[start...end].utf8)
        guard case .object = value else { return nil }
        return value
    }
}

extension String {
    fileprivate var withoutAt: String { hasPrefix("@") ? String(dropFirst()) : self }
}

extension JSONValue {
    /// The text of a member, nil for an empty one.
    fileprivate func text(_ name: String) -> String? {
        guard let text = self[name]?.string, !text.isEmpty else { return nil }
        return text
    }
}
