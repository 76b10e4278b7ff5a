import Alerting

/// The money of each day as stacked bars, one piece for each of the dearest workgroups and one for all others.
struct DayPlot {
    /// As many as there are colors that can be told apart.
    private static let seriesCount = 6
    private static let width = 960
    private static let height = 260
    private static let left = 70
    /// The label of the last day reaches beyond its bar.
    private static let right = 944
    private static let bottom = 236
    private static let top = 12

    private let days: [String]
    /// The names in the order of the stack, the lowest first; nil for the others.
    private let series: [String?]
    /// The money of each day by series.
    private let values: [[Int64]]
    private let currency: Money.Currency

    init(_ sums: Sums, days: [String]) {
        self.days = days
        currency = sums.currency
        let currency = currency
        let ranked = Ranking(sums.parts[.workgroup] ?? [:], currency: currency).entries.map(\.name)
        let named = Array(ranked.prefix(Self.seriesCount))
        series = ranked.count > named.count ? named + [nil] : named
        values = days.map { day in
            let spends = sums.days[day] ?? [:]
            let money = named.map { spends[$0]?[currency] ?? 0 }
            guard ranked.count > named.count else { return money }
            return money + [spends.values.reduce(0) { $0 + $1[currency] } - money.reduce(0, +)]
        }
    }

    /// The plot with its legend, and the same as a table for those who do not see it.
    var html: String {
        "<div class=scroll tabindex=0 role=region aria-label=\"Plot of the cost by day\">\(svg)</div>\n"
            + "<ul class=legend>\(legend)</ul>\n"
            + "<details><summary>The plot as a table</summary>\n\(table)</details>\n"
    }

    private func label(_ index: Int) -> String {
        series[index].map { $0.isEmpty ? "unknown" : $0 } ?? "all others"
    }

    /// The number of a series' color; the others are gray.
    private func color(_ index: Int) -> Int { series[index] == nil ? Self.seriesCount : index }

    private var legend: String {
        series.indices.map { "<li><i class=f\(color($0))></i><bdi>\(HTML.escaped(label($0)))</bdi></li>" }.joined()
    }

    /// The upper end of the scale, of which a quarter is 1, 1.5, 2, 3 or 5 times a power of ten, and at least a cent.
    private var ceiling: Int64 {
        let highest = values.map { $0.reduce(0, +) }.max() ?? 0
        var cent: Int64 = 10_000_000
        while cent < Int64.max / 200 {
            if let step = [4, 6, 8, 12, 20].first(where: { cent * $0 >= highest }) { return cent * step }
            cent *= 10
        }
        return .max
    }

    private var svg: String {
        let ceiling = ceiling
        let total = values.joined().reduce(0, +)
        let highest = zip(days, values).max { $0.1.reduce(0, +) < $1.1.reduce(0, +) }
        let peak =
            highest.map { "The dearest day is \($0.0) with \(Amounts.money($0.1.reduce(0, +), currency))." } ?? ""
        var parts = [
            "<svg class=plot role=img aria-labelledby=\"plot-title plot-text\" viewBox=\"0 0 \(Self.width) \(Self.height)\">",
            "<title id=plot-title>Cost by day and workgroup</title>",
            "<desc id=plot-text>\(days.count) bars, \(Amounts.money(total, currency)) in sum. \(peak)</desc>",
        ]
        for quarter: Int64 in [0, 1, 2, 3, 4] {
            let y = Self.bottom - Int(Int64(Self.bottom - Self.top) * quarter / 4)
            parts.append("<path class=grid d=\"M\(Self.left) \(y).5H\(Self.width)\"/>")
            let label = Amounts.money(ceiling / 4 * quarter, currency)
            parts.append("<text x=\(Self.left - 8) y=\(y + 4) text-anchor=end>\(HTML.escaped(label))</text>")
        }
        for (index, day) in days.enumerated() { parts += bar(index, day, ceiling) }
        return parts.joined(separator: "\n") + "\n</svg>"
    }

    /// One day's bar, with its label where there is room.
    private func bar(_ index: Int, _ day: String, _ ceiling: Int64) -> [String] {
        let step = Double(Self.right - Self.left) / Double(max(1, days.count))
        let x = Double(Self.left) + step * (Double(index) + 0.15)
        let scale = Double(Self.bottom - Self.top) / Double(ceiling)
        var y = Double(Self.bottom)
        var parts: [String] = []
        for (place, amount) in values[index].enumerated() where amount > 0 {
            let height = max(0.5, Double(amount) * scale)
            y -= height
            let text = HTML.escaped("\(day), \(label(place)): \(Amounts.money(amount, currency))")
            parts.append(
                "<rect class=f\(color(place)) x=\(x.formatted(decimals: 1)) y=\(y.formatted(decimals: 1)) "
                    + "width=\((step * 0.7).formatted(decimals: 1)) height=\(height.formatted(decimals: 1))>"
                    + "<title>\(text)</title></rect>"
            )
        }
        if days.count < 10 || index.isMultiple(of: 5) {
            let middle = (x + step * 0.35).formatted(decimals: 1)
            parts.append("<text x=\(middle) y=\(Self.height - 6) text-anchor=middle>\(day.dropFirst(5))</text>")
        }
        return parts
    }

    private var table: String {
        let head =
            "<th scope=col>Day</th>"
            + series.indices.map { "<th scope=col class=n><bdi>\(HTML.escaped(label($0)))</bdi></th>" }.joined()
            + "<th scope=col class=n>Sum</th>"
        let rows = zip(days, values).map { day, values in
            let cells = (values + [values.reduce(0, +)]).map { HTML.number(Amounts.money($0, currency), $0) }
            return "<tr><th scope=row>\(day)</th>\(cells.joined())</tr>"
        }
        return HTML.table("Cost by day and workgroup", head: head, rows: rows)
    }
}
