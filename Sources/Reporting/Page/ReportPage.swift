import Alerting

/// A report as one HTML page that needs nothing from elsewhere.
package struct ReportPage {
    let report: Report
    var sums: Sums { report.sums }
    var currency: Money.Currency { sums.currency }

    package init(_ report: Report) {
        self.report = report
    }

    /// The page. The same report gives the same bytes.
    package var html: String {
        [
            """
            <!DOCTYPE html>
            <html lang=en>
            <head>
            <meta charset=utf-8>
            <meta name=viewport content="width=device-width, initial-scale=1">
            <meta name=robots content=noindex>
            <meta name=referrer content=no-referrer>
            <meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; \
            script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
            <title>Athena in \(report.period.name)</title>
            <style>
            \(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
            </head>
            <body>

            """,
            header,
            "<main>\n",
            "<h2>Cost by day</h2>\n",
            DayPlot(sums, days: report.days).html,
            tables,
            BudgetUseTable(report.budgets).html,
            dearestQueries,
            dearestShapes,
            endings,
            unbilled,
            "</main>\n",
            footer,
            "<script>\n\(String(decoding: PackageResources.page_js, as: UTF8.self))</script>\n</body>\n</html>\n",
        ].joined()
    }

    private var header: String {
        let days = report.days
        let span = "\(days.first ?? report.lastDay) to \(days.last ?? report.lastDay)"
        let state = report.isUnfinished ? ", so far" : ""
        let total = sums.total
        let stopped = sums.parts[.state]?[QueryState.cancelled.rawValue]?[currency] ?? 0
        return """
            <header>
            <h1>Athena in \(report.period.name)\(state)</h1>
            <p class=note>\(span), in days of UTC, by the day on which a query was started.</p>
            <dl class=tiles>
            \(tile("Cost", Amounts.money(total[currency], currency), report.change ?? "nothing to compare with"))
            \(tile("Scanned", Amounts.size(total.bytes), "in \(Amounts.count(total.queries)) queries"))
            \(tile("Failed", Amounts.count(total.failed), "failed queries are not billed"))
            \(tile("Stopped", Amounts.count(total.cancelled), "\(Amounts.money(stopped, currency)) for what they scanned"))
            </dl>
            </header>

            """
    }

    private func tile(_ label: String, _ value: String, _ remark: String) -> String {
        "<div><dt>\(HTML.escaped(label))</dt><dd>\(HTML.escaped(value))</dd>"
            + "<dd class=note>\(HTML.escaped(remark))</dd></div>"
    }

    private var tables: String {
        var tables = [
            RankTable(title: "People and programs", noun: "Name", fallback: "unknown", part: .person),
            RankTable(title: "Tools", noun: "Tool", fallback: "no tool known", part: .tool),
            RankTable(title: "Workgroups", noun: "Workgroup", fallback: "unknown", part: .workgroup),
            RankTable(title: "Databases", noun: "Database", fallback: "none or unknown", part: .database),
        ]
        if (sums.parts[.account] ?? [:]).count > 1 {
            tables.append(RankTable(title: "Accounts", noun: "Account", fallback: "unknown", part: .account))
        }
        return tables.map { $0.html(sums) }.joined()
    }

    private var footer: String {
        var notes = ["Costs are what Athena's price for the scanned bytes comes to, not the bill."]
        if sums.total.unpriced > 0 {
            notes.append(
                "The cost of \(Amounts.count(sums.total.unpriced)) queries is not known and is not in any sum."
            )
        }
        if currency == .dollars, sums.total[.yuan] > 0 {
            notes.append("Regions in China came to \(Amounts.money(sums.total[.yuan], .yuan)), which is in no sum.")
        }
        return "<footer><p>\(notes.map(HTML.escaped).joined(separator: " "))</p></footer>\n"
    }
}
