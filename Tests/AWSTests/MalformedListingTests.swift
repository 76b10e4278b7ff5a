import AWSFixture
import JSONFixture
import LoopbackServer
import Testing

@testable import AWS

/// Listings that are not what S3 promises, or not what was asked for: none names an object to delete.
@Suite struct MalformedListingTests {
    private static let key = "daily/tenant=x/retention=1/a.csv"
    private static let object = contents(key)

    private static func listing(_ objects: String..., truncated: String = "false", more: String = "") -> String {
        "<ListBucketResult><IsTruncated>\(truncated)</IsTruncated>\(more)\(objects.joined())</ListBucketResult>"
    }

    private static func contents(_ key: String, size: String = "1") -> String {
        "<Contents><Key>\(key)</Key><LastModified>2024-03-05T14:30:07.000Z</LastModified><Size>\(size)</Size></Contents>"
    }

    private static let notListings = [
        "", " ", "x", "{}", "<", "<html/>", "<ListBucketResult/>", "<ListBucketResult>",
        "<Error><Code>x</Code></Error>", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + listing(),
        String(repeating: "<a>", count: 5000) + String(repeating: "</a>", count: 5000),
    ]

    private static let incomplete = [
        listing(truncated: "maybe"), listing(truncated: ""), listing(truncated: "true"),
        listing(truncated: "true", more: "<NextContinuationToken></NextContinuationToken>"), listing("<Contents/>"),
        listing("<Contents><Key>\(key)</Key></Contents>"), listing(contents(key, size: "many")),
        listing(object, contents(key, size: "")),
    ]

    private static let elsewhere = [
        listing(contents("elsewhere/tenant=x/retention=1/a.csv")),
        listing(object, contents("tenant=x/retention=1/a.csv")), listing(contents("../\(key)")), listing(contents("")),
    ]

    @Test(arguments: (notListings + incomplete + elsewhere).map { TestInput($0) })
    func aMalformedListingIsUnreadable(_ body: TestInput) throws {
        try LoopbackServer.run(.reply(200, body: body.text)) { (server) throws in
            let s3 = S3(try client(server))
            let error = #expect(throws: AWSError.self) {
                try s3.list(bucket: "b", prefix: "daily/tenant=", before: soon)
            }
            let message = error?.description ?? ""
            #expect(message.hasPrefix("s3:ListObjectsV2 answered what cannot be read: ") && message.utf8.count < 500)
        }
    }

    @Test func aListingWhoseTokenRepeatsIsUnreadable() throws {
        let more = "<NextContinuationToken>t</NextContinuationToken>"
        let answer = Answer.reply(200, body: Self.listing(truncated: "true", more: more))
        try LoopbackServer.run(answer, answer) { (server) throws in
            let s3 = S3(try client(server))
            let page = try s3.list(bucket: "b", prefix: "daily/", before: soon)
            #expect(page.next == "t")
            let error = #expect(throws: AWSError.self) {
                try s3.list(bucket: "b", prefix: "daily/", from: page.next, before: soon)
            }
            #expect(error?.description.contains("the listing does not go on") == true)
        }
    }

    @Test func aWholeListingIsRead() throws {
        try LoopbackServer.run(.reply(200, body: Self.listing(Self.object))) { (server) throws in
            let page = try S3(client(server)).list(bucket: "b", prefix: "daily/tenant=", before: soon)
            #expect(page.objects.map(\.key) == [Self.key] && page.next == nil)
        }
    }
}
