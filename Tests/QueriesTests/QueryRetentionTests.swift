import JSON
import LambdaEvents
import LambdaRuntime
import Querying
import Testing
import Time

@testable import AWS
@testable import Queries

@Suite struct QueryRetentionTests {
    private let results = FakeResults()
    private let root = ObjectLocation(bucket: "b", key: "d/")

    private func object(_ key: String, minutesOld minutes: Int64) -> S3Listing.Object {
        let written = Timestamp.now - .seconds(60 * minutes + 1)
        return S3Listing.Object(key: key, size: 1, modified: written.iso8601WithMilliseconds)
    }

    private func sweep(_ context: InvocationContext) throws {
        _ = try QueryRetention(results: results, root: root).handle(.null, context)
    }

    @Test func onlyWhatHasExpiredIsDeleted() throws {
        results.objects = [
            object("d/tenant=x/retention=1/a.csv", minutesOld: 1),
            object("d/tenant=x/retention=60/b.csv", minutesOld: 1),
            object("d/tenant=x/other.csv", minutesOld: 99), object("d/other.csv", minutesOld: 99),
            object("d/tenant=y/retention=1/c.csv", minutesOld: 1),
        ]
        results.pageLength = 2
        let context = InvocationContext.test()
        try sweep(context)
        #expect(results.deleted == ["d/tenant=x/retention=1/a.csv", "d/tenant=y/retention=1/c.csv"])
        #expect(context.metrics["ResultFilesKept"] == 1 && context.metrics["ResultFilesUnknown"] == 1)
    }

    @Test func aFileThatCannotBeDeletedHarmsNoOther() {
        results.objects = ["a", "b", "c"].map { object("d/tenant=x/retention=1/\($0).csv", minutesOld: 1) }
        results.refused = ["d/tenant=x/retention=1/a.csv", "d/tenant=x/retention=1/b.csv"]
        let context = InvocationContext.test()
        #expect {
            try sweep(context)
        } throws: { error in
            // One reason, told once.
            if case HandlerError.incomplete(let failures) = error { failures.count == 1 } else { false }
        }
        #expect(context.metrics["ResultFilesDeleted"] == 1 && context.metrics["ResultFilesNotDeleted"] == 2)
    }

    @Test func aTenantsPlaceNamesTheTenantAndTheRetention() throws {
        let caller = APICaller(["identity": ["apiKeyId": "k"]])
        let acme = TenantResults(root: root, name: "acme", caller: caller)
        let location = acme.folder(retentionMinutes: 60) + "e1.csv"
        #expect(acme.retentionMinutes(of: location) == 60 && !location.contains("acme"))
        for other in [
            TenantResults(root: root, name: "ACME", caller: caller),
            TenantResults(root: root, name: "acme", caller: APICaller(.object([]))),
            TenantResults(root: ObjectLocation(bucket: "c", key: "d/"), name: "acme", caller: caller),
        ] {
            #expect(other.retentionMinutes(of: location) == nil)
        }
    }

    @Test(
        arguments: [
            ("d/tenant=x/retention=5/a.csv", 5), ("d/tenant=x/retention=0/a.csv", nil),
            ("d/tenant=x/retention=/a", nil),
            ("d/tenant=x/retention=5256001/a", nil), ("d/tenant=x/retention=5/", nil), ("d/tenant=x/retention=5", nil),
            ("d/tenant=x/y/retention=5/a", nil), ("tenant=x/retention=5/a", nil), ("d/tenants/retention=5/a", nil),
        ] as [(String, Int64?)]
    )
    func aKeyTellsItsRetention(_ key: String, _ minutes: Int64?) {
        #expect(TenantResults.retentionMinutes(of: key, root: root) == minutes)
    }

    @Test func aListingThatFailsDeletesNothing() {
        let failure = AWSError.unreadable(call: "s3:ListObjectsV2", reason: "x")
        results.objects = [object("d/tenant=x/retention=1/a.csv", minutesOld: 1)]
        results.listingFailure = failure
        #expect(throws: failure) { try sweep(.test()) }
        #expect(results.deleted.isEmpty)
    }

    /// Sweeps an object together with one that has expired, which alone may be deleted.
    private func expectUnknown(_ object: S3Listing.Object) throws {
        let expired = self.object("d/tenant=x/retention=1/b.csv", minutesOld: 1)
        results.objects = [object, expired]
        let context = InvocationContext.test()
        try sweep(context)
        #expect(results.deleted == [expired.key] && context.metrics["ResultFilesUnknown"] == 1)
        #expect(context.metrics["ResultFilesDeleted"] == 1 && context.metrics["ResultFilesKept"] == 0)
    }

    @Test(arguments: ["", "yesterday", "1709649007", "2024-13-05T14:30:07.000Z", String(repeating: "9", count: 400)])
    func anObjectOfAnUnknownTimeStays(_ modified: String) throws {
        try expectUnknown(S3Listing.Object(key: "d/tenant=x/retention=1/a.csv", size: 1, modified: modified))
    }

    @Test(
        arguments: ["", "0", "-1", "x", "1.5", "1e3", "5256001", "\(Int64.max)", "%2531", "%31", "1/"]
            + [String(repeating: "9", count: 400)]
    )
    func anObjectOfAnUnknownRetentionStays(_ retention: String) throws {
        try expectUnknown(object("d/tenant=x/retention=\(retention)/a.csv", minutesOld: 99))
    }

    @Test(arguments: [
        "tenant=", "tenant=x", "tenant=x/", "tenant=x/retention=1", "tenant=x/retention=1/",
        "tenant=x/a/retention=1/a.csv", "tenant=x/RETENTION=1/a.csv", "tenant=%00/%2F/a", "tenant=\0///a",
    ])
    func anObjectInAnUnknownPlaceStays(_ key: String) throws {
        try expectUnknown(object("d/\(key)", minutesOld: 99))
    }
}
