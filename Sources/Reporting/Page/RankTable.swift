import Alerting

/// A table of names by what they spent, with bars; those that spent least are one row.
struct RankTable {
    /// The longest table. Ten thousand people would make a page of several megabytes.
    private static let longest = 40

    let title: String
    /// The word above the names.
    let noun: String
    /// The words in place of a name that is not known.
    let fallback: String
    let part: Sums.Part

    func html(_ sums: Sums) -> String {
        let currency = sums.currency
        let ranking = Ranking(sums.parts[part] ?? [:], currency: currency)
        let highest = ranking.entries.first?.spend[currency] ?? 0
        let shown = ranking.entries.prefix(Self.longest)
        let rows = shown.map { entry in
            let amount = entry.spend[currency]
            let width = highest > 0 ? (Double(amount) / Double(highest) * 100).formatted(decimals: 1) : "0.0"
            let bar = amount > 0 ? "<span style=\"width:\(width)%\"></span>" : ""
            return "<tr><th scope=row>\(HTML.name(entry.name, orElse: fallback))</th>"
                + cells(entry.spend, sums, bar: bar) + "</tr>"
        }
        return "<h2>\(title)</h2>\n"
            + HTML.table(title, head: head, rows: rows, foot: foot(ranking, sums))
    }

    private var head: String {
        HTML.heading(noun) + HTML.heading("Cost", isNumber: true, isSorted: true)
            + "<td class=b></td>" + HTML.heading("Share", isNumber: true) + HTML.heading("Scanned", isNumber: true)
            + HTML.heading("Queries", isNumber: true) + HTML.heading("Failed", isNumber: true)
    }

    private func cells(_ spend: Spend, _ sums: Sums, bar: String) -> String {
        let amount = spend[sums.currency]
        return HTML.number(Amounts.money(amount, sums.currency), amount) + "<td class=b>\(bar)</td>"
            + HTML.number(Amounts.share(amount, of: sums.total[sums.currency]), amount)
            + HTML.number(Amounts.size(spend.bytes), spend.bytes)
            + HTML.number(Amounts.count(spend.queries), Int64(spend.queries))
            + HTML.number(Amounts.count(spend.failed), Int64(spend.failed))
    }

    private func foot(_ ranking: Ranking, _ sums: Sums) -> String {
        let count = ranking.entries.count - Self.longest
        guard count > 0 else { return "" }
        let others = ranking.others(after: Self.longest)
        return "<tr><th scope=row>\(Amounts.count(count)) others</th>\(cells(others, sums, bar: ""))</tr>"
    }
}
