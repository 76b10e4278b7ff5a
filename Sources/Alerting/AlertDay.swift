/// The alerts that one conversation received about one person on one day, in sums.
package struct AlertDay: Sendable, Equatable {
    /// Queries that were alerted.
    package var queries: Int64 = 0
    /// Bytes that they scanned.
    package var dataScanned: Int64 = 0
    /// The amounts that they cost, by currency; queries that are not billed by bytes add none.
    package var amounts: [Money.Currency: Double] = [:]
    /// Whether an amount is an estimate.
    package var isEstimate = false
    /// The threshold that all of them reached; nil when they reached different ones.
    package var threshold: String?
    /// The largest queries, the largest first.
    package var largest: [Member] = []
    /// The sums when a message was last posted outside of a thread; nil before the first.
    package var announced: Sums?
    /// The statements that ran most recently, if they are told apart.
    package var recent = RecentStatements()
    /// The earlier runs of the alert that was added last; nil without such, and in a day that was read from the table.
    package private(set) var repetition: Repetition?

    /// The greatest number of queries that are told one by one.
    private static let largestCount = 3

    /// One of the largest queries.
    package struct Member: Sendable, Equatable {
        package let executionID: String
        package let dataScanned: Int64
        package let money: Money?
        package let region: String?

        package init(executionID: String, dataScanned: Int64, money: Money?, region: String?) {
            self.executionID = executionID
            self.dataScanned = dataScanned
            self.money = money
            self.region = region
        }

        package var consoleURL: String? { AlertText.consoleURL(of: executionID, in: region) }
    }

    /// The sums by which a day grows.
    package struct Sums: Sendable, Equatable {
        package let dataScanned: Int64
        package let amounts: [Money.Currency: Double]

        package init(dataScanned: Int64, amounts: [Money.Currency: Double]) {
            self.dataScanned = dataScanned
            self.amounts = amounts
        }

        /// Whether these sums are more than twice as high as others: in money where the others have some, else in bytes.
        func exceedsDouble(of other: Sums) -> Bool {
            guard let currency = Money.Currency.allCases.first(where: { other.amounts[$0, default: 0] > 0 }) else {
                return amounts.contains { $0.value > 0 } || Double(dataScanned) > 2 * Double(other.dataScanned)
            }
            return amounts[currency, default: 0] > 2 * other.amounts[currency, default: 0]
        }
    }

    /// Creates a day without alerts.
    package init() {}

    package var sums: Sums { Sums(dataScanned: dataScanned, amounts: amounts) }

    /// Whether the day's sums have more than doubled since a message was last posted outside of a thread. Of equal queries
    /// that is the third, the seventh, the fifteenth.
    package var hasDoubled: Bool { announced.map { sums.exceedsDouble(of: $0) } ?? true }

    /// The day with one more alert.
    ///
    /// - Parameter threshold: the threshold that the query reached; nil when it was alerted for another reason.
    package func adding(_ query: FinishedQuery, over threshold: Threshold?) -> AlertDay {
        var day = self
        day.queries += 1
        let (bytes, isTooMuch) = dataScanned.addingReportingOverflow(query.dataScanned)
        day.dataScanned = isTooMuch ? .max : bytes
        if case .billed(let money, let isEstimate) = query.cost {
            day.amounts[money.currency, default: 0] += money.amount
            day.isEstimate = isEstimate || self.isEstimate
        }
        day.repetition = day.recent.add(query)
        let name = threshold?.description
        day.threshold = queries == 0 || self.threshold == name ? name : nil
        let member = Member(
            executionID: query.key.executionID,
            dataScanned: query.dataScanned,
            money: query.cost?.money,
            region: query.region
        )
        // A stable order: of equal queries the first stays.
        let place = largest.firstIndex { $0.isSmaller(than: member) } ?? largest.endIndex
        day.largest.insert(member, at: place)
        day.largest = Array(day.largest.prefix(Self.largestCount))
        return day
    }

    /// The day after a message outside of a thread told its sums.
    package var afterAnnouncement: AlertDay {
        var day = self
        day.announced = sums
        return day
    }
}

extension AlertDay.Member {
    /// The order by cost, then by size; a query that is not billed by bytes costs nothing.
    func isSmaller(than other: AlertDay.Member) -> Bool {
        (money?.amount ?? 0, dataScanned) < (other.money?.amount ?? 0, other.dataScanned)
    }
}
