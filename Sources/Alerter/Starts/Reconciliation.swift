import AWS
import Alerting
package import CloudTrail
package import HTTP
import LambdaEvents
import LambdaRuntime
package import Time

/// Compares log files with the table, and can store the missing queries.
///
/// Files are read as `cloudtrail_handler` reads them. Memory holds one batch of starts, the missing ones of the file at
/// hand, and the keys of all missing ones, so that a start which is in two files is missing once.
package final class Reconciliation {
    private static let fileTimeLimit = Duration.seconds(900)
    private static let tableTimeLimit = Duration.seconds(60)

    /// The counts. Records and starts add up as the metrics of `cloudtrail_handler` do.
    package struct Summary: Sendable, Equatable {
        /// Log files that were read to their end.
        package internal(set) var filesRead = 0
        /// Digests and files of insights, which have no starts.
        package internal(set) var filesSkipped = 0
        /// Files that were not read to their end.
        package internal(set) var filesFailed = 0

        /// All records, the sum of the next three and the starts.
        package internal(set) var records = 0
        /// Starts that Athena refused.
        package internal(set) var refusedStarts = 0
        /// Records of other events.
        package internal(set) var otherRecords = 0
        /// Records that cannot be read.
        package internal(set) var malformedRecords = 0

        /// Starts of queries, the sum of the next six.
        package internal(set) var queryStarts = 0
        /// Starts that have a row.
        package internal(set) var stored = 0
        /// Queries without a row.
        package internal(set) var missing = 0
        /// Further starts of those.
        package internal(set) var missingAgain = 0
        /// Starts of days that were not requested, or that the table no longer keeps.
        package internal(set) var otherDays = 0
        /// Starts in another account.
        package internal(set) var otherAccounts = 0
        /// Starts that could not be compared, because the table did not answer.
        package internal(set) var notCompared = 0

        /// With a replay, missing queries that have a row now; these four are the sum of the missing ones.
        package internal(set) var replayed = 0
        /// Missing queries that another process has stored meanwhile.
        package internal(set) var storedMeanwhile = 0
        /// Missing queries that Athena has forgotten, so that they were not stored.
        package internal(set) var forgotten = 0
        /// Missing queries that could not be stored.
        package internal(set) var notReplayed = 0

        /// Whether the table now has every start of the files that were read.
        package var isComplete: Bool {
            missing == replayed + storedMeanwhile && filesFailed + notCompared + malformedRecords == 0
        }
    }

    /// A finding, reported as soon as it is known.
    package enum Finding {
        /// A query without a row.
        case missing(QueryStart)
        /// A file or a query that could not be processed, with the reason.
        case failure(String)
        /// A file is done.
        case file
    }

    /// The counts so far.
    package private(set) var summary = Summary()

    private let table: QueriesTable
    private let s3: S3
    private let sts: STS
    private let report: (Finding) -> Bool
    private let isReplaying: Bool
    private var accountID: String?
    private var missingKeys: Set<String> = []

    init(
        table: QueriesTable,
        s3: S3,
        sts: STS,
        isReplaying: Bool,
        report: @escaping (Finding) -> Bool
    ) {
        self.table = table
        self.s3 = s3
        self.sts = sts
        self.isReplaying = isReplaying
        self.report = report
    }

    /// Compares the starts of some days in the log files of a bucket.
    ///
    /// - Throws: an error when the bucket cannot be searched, or has nothing to search for.
    package func compare(bucket: String, prefix: String, on days: Days, now: Timestamp = .now) throws {
        guard days.first >= table.oldestDay(at: now) else {
            throw HandlerError.misconfigured(
                "rows of \(days.first) have expired; the table keeps them for \(table.retentionDays) days"
            )
        }
        let account = try ownAccount()
        let files = TrailFiles(s3: s3, bucket: bucket, prefix: prefix)
        let folders = try files.regionFolders(of: account)
        guard !folders.isEmpty else {
            throw HandlerError.misconfigured(
                "s3://\(bucket)/\(files.prefix)AWSLogs/ has no CloudTrail logs of account \(account)"
            )
        }
        for folder in folders {
            let goesOn = try files.visit(folder, on: days) { file in
                compare("s3://\(file.bucket)/\(file.key)", within: days.first...days.last) { sink in
                    let deadline = Deadline.after(Self.fileTimeLimit)
                    try s3.getObject(bucket: file.bucket, key: file.key, into: sink, before: deadline)
                }
            }
            guard goesOn else { return }
        }
    }

    /// Compares the starts of one file.
    ///
    /// - Parameters:
    ///   - name: the file's name, for the report of a failure.
    ///   - days: the days whose starts to compare; nil for all that the table still keeps.
    ///   - download: hands a sink all bytes of the file.
    /// - Returns: whether to continue.
    package func compare(
        file name: String,
        on days: Days?,
        now: Timestamp = .now,
        download: (any ResponseSink) throws -> Void
    ) throws -> Bool {
        _ = try ownAccount()
        let oldest = table.oldestDay(at: now)
        // No day is later than this text.
        let range = days.map { max($0.first, oldest)...max($0.last, oldest) } ?? oldest..."9999-12-31"
        return compare(name, within: range, download: download)
    }

    /// The account whose queries the table holds: that of the credentials, which may read the table.
    private func ownAccount() throws(AWSError) -> String {
        if let accountID { return accountID }
        let found = try sts.accountID(before: .after(Self.tableTimeLimit))
        accountID = found
        return found
    }

    private func compare(
        _ name: String,
        within days: ClosedRange<String>,
        download: (any ResponseSink) throws -> Void
    ) -> Bool {
        var absent: [QueryStart] = []
        let sink = LogFileSink(accountID: accountID, days: days) { [self] queries in
            compare(queries, &absent)
        }
        var failure: String?
        do {
            try download(sink)
            failure = sink.finish()
        } catch {
            failure = sink.failure ?? "\(error)"
            sink.abandon()
        }
        let missing = absent.filter { missingKeys.insert($0.key.startKey).inserted }
        summary.add(sink.tally, missing: missing.count, isWhole: failure == nil)
        var goesOn = failure.map { report(.failure("\(name): \($0)")) } ?? true
        for query in missing where goesOn { goesOn = report(.missing(query)) }
        return replay(goesOn ? missing : []) && goesOn && report(.file)
    }

    /// Separates the starts that have a row from the others, which it puts aside.
    private func compare(
        _ queries: [QueryStart],
        _ absent: inout [QueryStart]
    ) -> [Result<DynamoDB.WriteOutcome, AWSError>] {
        do throws(AWSError) {
            let stored = try table.storedKeys(of: queries, before: .after(Self.tableTimeLimit))
            absent += queries.filter { !stored.contains($0.key.startKey) }
            return queries.map { .success(stored.contains($0.key.startKey) ? .conditionFailed : .written) }
        } catch {
            return queries.map { _ in .failure(error) }
        }
    }

    /// Stores missing queries, so that `usage_update` processes them. A query that Athena has forgotten is not stored.
    private func replay(_ missing: [QueryStart], now: Timestamp = .now) -> Bool {
        guard isReplaying, !missing.isEmpty else { return true }
        let known = missing.filter { now - $0.time < OpenQuery.memory }
        summary.forgotten += missing.count - known.count
        var goesOn = true
        for (query, outcome) in zip(known, table.insert(known, before: .after(Self.tableTimeLimit))) {
            switch outcome {
            case .success(.written): summary.replayed += 1
            case .success(.conditionFailed): summary.storedMeanwhile += 1
            case .failure(let error):
                summary.notReplayed += 1
                goesOn = goesOn && report(.failure("\(query.key.startKey): \(error)"))
            }
        }
        return goesOn
    }
}

extension Reconciliation.Summary {
    fileprivate mutating func add(_ tally: LogFileSink.Tally, missing new: Int, isWhole: Bool) {
        filesRead += isWhole && tally.contents == .log ? 1 : 0
        filesSkipped += isWhole && tally.contents != .log ? 1 : 0
        filesFailed += isWhole ? 0 : 1
        records += tally.records.records
        refusedStarts += tally.records.failedStarts
        otherRecords += tally.records.others
        malformedRecords += tally.records.malformed
        queryStarts += tally.records.queryStarts
        stored += tally.alreadyStored
        missing += new
        missingAgain += tally.stored - new
        otherDays += tally.otherDays
        otherAccounts += tally.otherAccount
        notCompared += tally.notStored
    }
}
