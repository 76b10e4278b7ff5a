import Alerting
import CloudTrail
import JSON
import Reporting
import Testing

@Suite struct SumsTests {
    /// A month of queries from a generator with a seed.
    private static func month(_ count: Int) -> [HistoryLine] {
        var state: UInt64 = 88_172_645_463_325_252
        func next(_ limit: UInt64) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % limit)
        }
        let price = Price(perTB: 5)
        return (0..<count).map { number in
            let day = 1 + next(30)
            var query = HistoryFixture.query(
                number,
                day: "2026-11-\(day < 10 ? "0" : "")\(day)",
                user: "user\(next(500))@example.com",
                workgroup: ["etl", "bi", "analysts", nil][next(4)]
            )
            query.dataScanned = Int64(next(1 << 42))
            query.state = [.succeeded, .succeeded, .succeeded, .failed, .cancelled][next(5)]
            query.userType = [.person, .person, .role, nil][next(4)]
            query.region = "eu-west-1"
            query.tool = ["dbt", "Tableau", nil][next(3)]
            query.database = ["sales", "web", nil][next(3)]
            query.sql = "select \(next(9)) from t\(next(300)) where d = '\(number)'"
            query.cost = price.cost(of: query)
            return HistoryLine(query, sql: .masked)
        }
    }

    private static func sums(_ lines: some Sequence<HistoryLine>) -> Sums {
        lines.reduce(into: Sums()) { $0.add($1) }
    }

    /// The sums of each day written and read, and added.
    private static func throughFiles(_ lines: [HistoryLine]) throws -> Sums {
        var whole = Sums()
        for (day, ofDay) in Dictionary(grouping: lines, by: \.day).sorted(by: { $0.key < $1.key }) {
            var read = Sums()
            for line in sums(ofDay).lines.split(separator: "\n") {
                try read.add(line: JSONValue(parsing: line.utf8), of: day)
            }
            whole.add(read)
        }
        return whole
    }

    @Test func sumsOfDaysAreTheSumsOfTheRowsOfAMonth() throws {
        let lines = Self.month(5000)
        let whole = try Self.throughFiles(lines)
        let direct = Self.sums(lines)
        #expect(whole.total == direct.total)
        #expect(whole.parts == direct.parts)
        #expect(whole.days == direct.days)
        #expect(whole.dearest == direct.dearest)
        #expect(whole.people == direct.people)
        let keyed = { (sums: Sums) in
            Dictionary(uniqueKeysWithValues: sums.shapes.dearest(.max).map { ($0.id, [$0.amount, Int64($0.queries)]) })
        }
        #expect(keyed(whole) == keyed(direct))
        // By hand, from the rows alone.
        let megabyte: Int64 = 1 << 20
        let billionths = lines.reduce(Int64(0)) { sum, line in
            guard line.query.state != .failed, line.query.dataScanned > 0 else { return sum }
            let megabytes = max(10, (line.query.dataScanned + megabyte - 1) / megabyte)
            return sum + Int64((Double(megabytes) * 5e9 / Double(megabyte)).rounded())
        }
        #expect(whole.total[.dollars] == billionths)
        for part in Sums.Part.allCases where part != .notBilled {
            let money = (whole.parts[part] ?? [:]).values.reduce(0) { $0 + $1[.dollars] }
            #expect(money == billionths, "\(part)")
        }
        #expect(whole.days.values.joined().reduce(0) { $0 + $1.value[.dollars] } == billionths)
    }

    @Test func thePeopleOfTheSumsAreThoseOfTheRowsThatPeopleRan() throws {
        let lines = Self.month(5000)
        let people = try Self.throughFiles(lines).people
        let byHand = Dictionary(grouping: lines.filter { $0.query.userType != .role }, by: \.query.user)
        #expect(people.count == byHand.count)
        for (name, lines) in byHand {
            let dearest = lines.filter { Spend($0.query).amount > 0 }.max { left, right in
                Spend(left.query).amount < Spend(right.query).amount
            }
            #expect(people[name]?.spend == lines.reduce(into: Spend()) { $0 += Spend($1.query) }, "\(name)")
            #expect(people[name]?.dearest?.cost == dearest?.query.cost, "\(name)")
            #expect(people[name]?.dearest?.sql == nil)
        }
    }

    @Test func aPersonIsComparedWithTheirOwnSumOfThePeriodBefore() throws {
        func day(_ day: String, _ number: Int, _ user: String, _ dollars: Double) -> Sums {
            Self.sums([
                HistoryFixture.line(
                    HistoryFixture.query(number, day: day, user: user, cost: .billed(Money(dollars, .dollars)))
                )
            ])
        }
        var builder = ReportBuilder(try #require(Period(.month, named: "2026-11")))
        builder.add(day("2026-10-30", 1, "ada", 2), of: "2026-10-30")
        builder.add(day("2026-11-03", 2, "ada", 3), of: "2026-11-03")
        builder.add(day("2026-11-04", 3, "grace", 5), of: "2026-11-04")
        builder.add(day("2026-11-05", 4, "free", 0), of: "2026-11-05")
        let people = builder.report(lastDay: "2026-11-30").people
        #expect(people.map(\.name) == ["ada", "grace"])
        #expect(people.map(\.change) == ["+50.0 % against 2026-10 ($2.00)", nil])
    }

    @Test func theOrderOfTheRowsDoesNotChangeTheTextOfADay() {
        let lines = Self.month(3000).filter { $0.day == "2026-11-07" }
        #expect(lines.count > 50)
        #expect(Self.sums(lines).lines == Self.sums(lines.reversed()).lines)
    }

    @Test func aQueryThatComesLateChangesItsDayAsIfItHadBeenThere() {
        let lines = Self.month(500)
        var late = Self.sums(lines.dropLast())
        late.add(lines[499])
        #expect(late == Self.sums(lines))
    }

    @Test func aQueryThatComesTwiceCountsOnce() throws {
        var builder = ReportBuilder(try #require(Period(.month, named: "2026-11")))
        builder.add(HistoryFixture.line())
        builder.add(HistoryFixture.line())
        var other = HistoryFixture.query()
        other = FinishedQuery(
            key: QueryKey(startDate: "2026-11-03", startTimestamp: "2026-11-03 10:00:00", executionID: "no uuid"),
            state: .succeeded,
            user: other.user,
            dataScanned: 1
        )
        builder.add(HistoryFixture.line(other))
        builder.add(HistoryFixture.line(other))
        #expect(builder.report(lastDay: "2026-11-30").sums.total.queries == 2)
    }

    @Test func theDearestShapesKeepTheirSQLAmongManyCheapOnes() {
        var sums = Sums()
        for number in 0..<20_000 {
            // One shape in a hundred runs again and again, and is cheap each time.
            let table = number.isMultiple(of: 100) ? "often" : "once\(number)"
            var query = HistoryFixture.query(number, cost: .billed(Money(0.01, .dollars)))
            query.sql = "select * from \(table)"
            sums.add(HistoryFixture.line(query))
        }
        let dearest = sums.shapes.dearest(1).first
        #expect(dearest?.text == "select * from often")
        #expect(dearest?.queries == 200)
        #expect(dearest?.amount == 2_000_000_000)
        #expect(sums.shapes.count == 19_801)
    }

    @Test func moneyThatIsNotKnownOrInYuanIsApart() {
        var sums = Sums()
        sums.add(HistoryFixture.line(HistoryFixture.query(1)))
        sums.add(HistoryFixture.line(HistoryFixture.query(2, cost: nil)))
        sums.add(HistoryFixture.line(HistoryFixture.query(3, cost: .billed(Money(7, .yuan)))))
        sums.add(HistoryFixture.line(HistoryFixture.query(4, cost: .billed(Money(.infinity, .dollars)))))
        sums.add(HistoryFixture.line(HistoryFixture.query(5, cost: .free(.reused))))
        #expect(sums.total[.dollars] == 1_250_000_000)
        #expect(sums.total[.yuan] == 7_000_000_000)
        #expect(sums.total.unpriced == 2)
        #expect(sums.currency == .dollars)
        #expect(sums.parts[.notBilled]?["reused"]?.queries == 1)
    }
}
