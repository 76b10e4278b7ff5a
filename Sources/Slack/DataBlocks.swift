import JSON

/// A chart of bars, one for each label.
///
/// https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
package struct BarChart: Sendable, Equatable {
    /// The most bars of one chart.
    package static let mostBars = 20
    private static let longestTitle = 50
    private static let longestName = 20

    package let title: String
    package let series: String
    package let bars: [(label: String, value: Double)]

    package init(title: String, series: String, bars: [(label: String, value: Double)]) {
        self.title = title
        self.series = series
        self.bars = Array(bars.prefix(Self.mostBars))
    }

    package static func == (left: BarChart, right: BarChart) -> Bool { left.json == right.json }

    /// The block as Slack takes it; nil without bars.
    var json: JSONValue? {
        guard !bars.isEmpty else { return nil }
        let labels = bars.map { JSONValue.string(Mrkdwn.cut($0.label, to: Self.longestName)) }
        let points = zip(labels, bars).map { label, bar in
            JSONValue.object([.init("label", label), .init("value", .number(bar.value))])
        }
        let line: JSONValue = ["name": .string(Mrkdwn.cut(series, to: Self.longestName)), "data": .array(points)]
        let chart: JSONValue = [
            "type": "bar", "series": .array([line]), "axis_config": ["categories": .array(labels)],
        ]
        let title = Mrkdwn.cut(title, to: Self.longestTitle)
        return ["type": "data_visualization", "title": .string(title), "chart": chart]
    }
}

/// A table that readers sort.
///
/// https://docs.slack.dev/reference/block-kit/blocks/data-table-block
package struct DataTable: Sendable, Equatable {
    /// The most rows below the header.
    package static let mostRows = 100
    private static let rowsOfPage: Int64 = 10
    private static let longestCell = 80

    /// A cell of a table.
    package enum Cell: Sendable, Equatable {
        case text(String)
        /// A number with the text that shows it.
        case number(Double, String)
    }

    package let caption: String
    package let header: [String]
    /// The rows, each with as many cells as the header.
    package let rows: [[Cell]]

    package init(caption: String, header: [String], rows: [[Cell]]) {
        self.caption = caption
        self.header = header
        self.rows = Array(rows.prefix(Self.mostRows))
    }

    /// The block as Slack takes it; nil without rows.
    var json: JSONValue? {
        guard !rows.isEmpty else { return nil }
        let lines = [header.map { Cell.text($0) }] + rows
        return [
            "type": "data_table", "caption": .string(caption), "page_size": .integer(Self.rowsOfPage),
            "rows": .array(lines.map { .array($0.map(Self.json)) }),
        ]
    }

    private static func json(_ cell: Cell) -> JSONValue {
        switch cell {
        case .text(let text):
            // Slack refuses an empty cell.
            ["type": "raw_text", "text": .string(text.isEmpty ? "–" : Mrkdwn.cut(text, to: longestCell))]
        case .number(let value, let text): ["type": "raw_number", "value": .number(value), "text": .string(text)]
        }
    }
}
