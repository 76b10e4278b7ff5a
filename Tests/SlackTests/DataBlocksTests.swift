import JSON
import Slack
import Testing

@Suite struct DataBlocksTests {
    @Test func aChartHasOnePointForEachCategory() throws {
        let bars = (1...25).map { (label: "11-\($0)", value: Double($0)) }
        let json = try #require(Block.chart(BarChart(title: "Cost by day", series: "USD", bars: bars)).json)
        #expect(json["type"] == "data_visualization")
        #expect(json["title"] == "Cost by day")
        #expect(json["chart"]?["type"] == "bar")
        let categories = json["chart"]?["axis_config"]?["categories"]?.array
        let points = json["chart"]?["series"]?.array?.first?["data"]?.array
        #expect(categories?.count == 20)
        #expect(points?.map { $0["label"] } == categories)
        #expect(points?.last?["value"] == .number(20))
    }

    @Test func aChartCutsItsWords() throws {
        let long = String(repeating: "x", count: 100)
        let chart = BarChart(title: long, series: long, bars: [(label: long, value: 1)])
        let json = try #require(Block.chart(chart).json)
        #expect(json["title"]?.string?.count == 50)
        #expect(json["chart"]?["series"]?.array?.first?["name"]?.string?.count == 20)
        #expect(json["chart"]?["axis_config"]?["categories"]?.array?.first?.string?.count == 20)
    }

    @Test func aTableHasAHeaderAndAtMostAHundredRows() throws {
        let rows = (1...150).map { [DataTable.Cell.text("<@U\($0)>"), .number(Double($0), "$\($0)")] }
        let table = DataTable(caption: "People", header: ["Name", "Cost"], rows: rows)
        let json = try #require(Block.table(table).json)
        let lines = try #require(json["rows"]?.array)
        #expect(lines.count == 101)
        #expect(lines[0] == [["type": "raw_text", "text": "Name"], ["type": "raw_text", "text": "Cost"]])
        #expect(
            lines[1] == [["type": "raw_text", "text": "<@U1>"], ["type": "raw_number", "value": 1.0, "text": "$1"]]
        )
    }

    @Test func anEmptyCellHasASign() throws {
        let json = try #require(Block.table(DataTable(caption: "c", header: ["a"], rows: [[.text("")]])).json)
        #expect(json["rows"]?.array?.last == [["type": "raw_text", "text": "–"]])
    }

    @Test func nothingToShowIsNoBlock() {
        #expect(Block.chart(BarChart(title: "t", series: "s", bars: [])).json == nil)
        #expect(Block.table(DataTable(caption: "c", header: ["a"], rows: [])).json == nil)
    }
}
