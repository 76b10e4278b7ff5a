import CloudTrail

/// The words of an alert, in pieces that a notifier lays out as its medium allows. The caller escapes them.
package struct AlertText: Sendable, Equatable {
    let query: FinishedQuery
    /// The alerts of the day with this one; nil when they are not counted.
    let day: AlertDay?

    package init(_ query: FinishedQuery, on day: AlertDay? = nil) {
        self.query = query
        self.day = day
    }

    /// The person or program that ran the query, with how the name was found where that is not certain, and the
    /// session of a role: `john (by session name)`, `etl (session nightly-load)`.
    package var person: String {
        switch query.userSource {
        case .sessionName where query.userType == .person && !query.user.contains("@"):
            "\(query.user) (by session name)"
        case .sqlComment: "\(query.user) (by \(query.tool.map { "\($0)'s" } ?? "a") comment in the SQL)"
        case .role: query.sessionName.map { "\(query.user) (session \($0))" } ?? query.user
        default: query.user
        }
    }

    /// The value of a template's variable.
    ///
    /// - Parameter slackUserID: the user's id in Slack, or nil; the user's name then takes its place.
    package func value(of variable: MessageTemplate.Variable, slackUserID: String?) -> MessageTemplate.Value {
        switch variable {
        case .user: .text(query.user)
        case .slackUserID: .text(slackUserID ?? query.user)
        case .dataScannedBytes: .whole(query.dataScanned)
        case .dataScannedGB: .whole(query.dataScanned >> 30)
        case .dataScanned: .text(size)
        case .dataScannedCost: .amount(query.cost?.money?.amount ?? 0)
        case .queryID: .text(query.key.executionID)
        case .queryState: .text(query.state.rawValue)
        case .cost: .text(cost)
        case .person: .text(person)
        case .tool: .text(query.tool ?? "unknown")
        case .startedAt: .text("\(query.submissionTimestamp ?? query.key.startTimestamp) UTC")
        case .duration: .text(duration ?? "unknown")
        case .workgroup: .text(query.workgroup ?? "unknown")
        case .database: .text(query.database ?? "unknown")
        case .region: .text(query.region ?? "unknown")
        case .queriesToday: .whole(day?.queries ?? 1)
        case .costToday: .text(day?.cost ?? cost)
        }
    }

    /// The data scanned, such as `500.5 GiB`.
    package var size: String { ByteSize(bytes: query.dataScanned).description }

    /// The duration, such as `3 h 2 min`; nil when it is not known.
    package var duration: String? {
        guard let milliseconds = query.durationMilliseconds else { return nil }
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<10: return "\((Double(milliseconds) / 1000).formatted(decimals: 1)) s"
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }

    /// The state and, if known, who cancelled the query, or Athena's reason; nil for a query that succeeded.
    package var ending: String? {
        guard query.state != .succeeded else { return nil }
        let word = query.state.rawValue
        let state = word.prefix(1).uppercased() + word.dropFirst().lowercased()
        if query.state == .cancelled, let stopper { return "\(state) by \(stopper)" }
        return query.stateChangeReason.map { "\(state): \($0)" } ?? state
    }

    private var stopper: String? {
        query.isOfPerson && query.stoppedBy == query.user ? "the person who ran it" : query.stoppedBy
    }

    /// The tool, the workgroup, the database and the region that are known, each with its label.
    package var places: [(name: String, value: String)] {
        [("Tool", query.tool), ("Workgroup", query.workgroup), ("Database", query.database), ("Region", query.region)]
            .compactMap { name, value in value.map { (name, $0) } }
    }

    /// The URL of the query in the Athena console; nil without a region, and for a region or an id with odd characters.
    package var consoleURL: String? { Self.consoleURL(of: query.key.executionID, in: query.region) }

    /// The URL of an execution in the Athena console; nil without a region, and for a region or an id with odd characters.
    package static func consoleURL(of executionID: String, in region: String?) -> String? {
        guard let region, region.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }),
            executionID.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { return nil }
        let host =
            if region.hasPrefix("cn-") {
                "\(region).console.amazonaws.cn"
            } else if region.hasPrefix("us-gov-") {
                "console.amazonaws-us-gov.com"
            } else {
                "\(region).console.aws.amazon.com"
            }
        return "https://\(host)/athena/home?region=\(region)#/query-editor/history/\(executionID)"
    }

    /// The first characters of the SQL, nil without SQL or with a limit of 0.
    ///
    /// - Parameter display: the form of the SQL, which is made before the SQL is cut.
    package func sqlStart(characters limit: Int, as display: SQLDisplay) -> String? {
        guard limit > 0, let sql = query.sql.flatMap(display.form),
            let start = sql.firstIndex(where: { !$0.isWhitespace })
        else { return nil }
        let shown = sql[start...].prefix(limit)
        let isCut = shown.endIndex < sql.endIndex || query.isSQLCut
        return isCut && shown.last != "…" ? shown + "…" : String(shown)
    }
}
