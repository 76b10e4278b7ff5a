import Alerting

extension ReportPage {
    private static let longestSQL = 1500
    private static let shapeCount = 20

    /// The queries that cost most.
    var dearestQueries: String {
        guard !sums.dearest.isEmpty else { return "" }
        let head =
            HTML.heading("Started") + HTML.heading("Who") + HTML.heading("Workgroup")
            + HTML.heading("Cost", isNumber: true, isSorted: true) + HTML.heading("Scanned", isNumber: true)
            + "<th scope=col>Query</th>"
        let rows = sums.dearest.map { line in
            let query = line.query
            let spend = Spend(query)
            return "<tr><td class=t>\(HTML.escaped(query.key.startTimestamp))</td>"
                + "<td>\(HTML.name(query.user))</td><td>\(HTML.name(query.workgroup ?? ""))</td>"
                + HTML.number(Amounts.money(spend.amount, currency), spend.amount)
                + HTML.number(Amounts.size(spend.bytes), spend.bytes)
                + "<td>\(reference(query))\(sql(query.sql, isCut: query.isSQLCut))</td></tr>"
        }
        return "<h2>The dearest queries</h2>\n" + HTML.table("The dearest queries", head: head, rows: rows)
    }

    /// The id, which leads to the query in the console where its region is known.
    private func reference(_ query: FinishedQuery) -> String {
        let id = "<code>\(HTML.escaped(query.key.executionID))</code>"
        guard let url = AlertText(query).consoleURL else { return id }
        return "<a rel=noreferrer href=\"\(HTML.escaped(url))\">\(id)</a>"
    }

    private func sql(_ text: String?, isCut: Bool = false) -> String {
        guard let text, !text.isEmpty else { return "" }
        let start = text.prefix(Self.longestSQL)
        let mark = isCut || start.endIndex < text.endIndex ? "…" : ""
        return "<pre>\(HTML.escaped(start + mark))</pre>"
    }

    /// The shapes of statements that cost most in sum.
    var dearestShapes: String {
        let shapes = sums.shapes.dearest(Self.shapeCount).filter { $0.amount > 0 }
        guard !shapes.isEmpty else { return "" }
        let head =
            "<th scope=col>Statement</th>" + HTML.heading("Cost", isNumber: true, isSorted: true)
            + HTML.heading("Runs", isNumber: true) + HTML.heading("Each", isNumber: true)
            + HTML.heading("Scanned", isNumber: true) + "<th scope=col>Who</th>"
        let rows = shapes.map { shape in
            let each = shape.amount / Int64(max(1, shape.queries))
            let people = shape.people.map { HTML.name($0) }.joined(separator: ", ")
            return "<tr><td>\(shape.text.map { sql($0) } ?? "<code>\(Shape.text(of: shape.id))</code>")</td>"
                + HTML.number(Amounts.money(shape.amount, currency), shape.amount)
                + HTML.number(Amounts.count(shape.queries), Int64(shape.queries))
                + HTML.number(Amounts.money(each, currency), each)
                + HTML.number(Amounts.size(shape.bytes), shape.bytes)
                + "<td>\(people)\(shape.hasMorePeople ? " and others" : "")</td></tr>"
        }
        return
            "<h2>The dearest statements</h2>\n<p class=note>Queries whose SQL differs in values and comments alone are "
            + "one statement.</p>\n" + HTML.table("The dearest statements", head: head, rows: rows)
    }

    /// The queries by the state in which they ended.
    var endings: String {
        table("Endings", "State", part: .state) { name in name.lowercased() }
    }

    /// The queries that were not billed by bytes, by the reason.
    var unbilled: String {
        table("Not billed by bytes", "Reason", part: .notBilled) { name in
            switch Cost.FreeReason(rawValue: name) {
            case .failed: "failed"
            case .definition: "DDL statements"
            case .reused: "an earlier result was reused"
            case .provisioned: "provisioned capacity"
            case .spark: "Spark, by the time of its DPUs"
            case .nothingScanned: "nothing was scanned"
            case nil: name
            }
        }
    }

    private func table(
        _ title: String,
        _ noun: String,
        part: Sums.Part,
        words: (String) -> String
    ) -> String {
        let entries = Ranking(sums.parts[part] ?? [:], currency: currency).entries
        guard !entries.isEmpty else { return "" }
        let head =
            HTML.heading(noun) + HTML.heading("Queries", isNumber: true)
            + HTML.heading("Cost", isNumber: true) + HTML.heading("Scanned", isNumber: true)
        let rows = entries.map { entry in
            "<tr><th scope=row>\(HTML.name(words(entry.name)))</th>"
                + HTML.number(Amounts.count(entry.spend.queries), Int64(entry.spend.queries))
                + HTML.number(Amounts.money(entry.spend[currency], currency), entry.spend[currency])
                + HTML.number(Amounts.size(entry.spend.bytes), entry.spend.bytes) + "</tr>"
        }
        return "<h2>\(title)</h2>\n" + HTML.table(title, head: head, rows: rows)
    }
}
