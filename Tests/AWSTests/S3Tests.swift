import AWSFixture
import HTTP
import JSON
import LoopbackServer
import System
import Testing
import Time
import Web

@testable import AWS

@Suite struct S3Tests {
    @Test func aBrokenDownloadBeginsAnew() throws {
        let broken = Answer.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        try LoopbackServer.run(broken, .reply(200, body: "whole file")) { (server) throws in
            let sink = TextSink()
            try S3(client(server)).getObject(bucket: "b", key: "k v=1", into: sink, before: soon)
            #expect(sink.text == "whole file")
            #expect(server.requests.map(\.line) == Array(repeating: "GET /b/k%20v%3D1 HTTP/1.1", count: 2))
        }
    }

    @Test(arguments: [
        ("bucket", "https://bucket.s3.eu-west-1.amazonaws.com/a/b%20c"),
        ("dotted.bucket", "https://s3.eu-west-1.amazonaws.com/dotted.bucket/a/b%20c"),
    ])
    func aBucketIsInTheHostNameWhereACertificateCoversIt(_ bucket: String, _ url: String) throws {
        let endpoint = try EndpointResolver(environment: [:]).endpoint(of: .s3, in: "eu-west-1")
        let call = AWSCall(service: .s3, operation: "GetObject", resource: .object(bucket: bucket, key: "a/b c"))
        #expect(endpoint.url(of: call).description == url)
    }

    @Test func aListingSaysAllThatIsAsked() throws {
        let body = """
            <ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>
            <Contents><Key>a%2Bb/c+d</Key><Size>7</Size><LastModified>2024-03-05T14:30:07.000Z</LastModified></Contents>
            <CommonPrefixes><Prefix>a%2Bb/e/</Prefix></CommonPrefixes></ListBucketResult>
            """
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let listing = try S3(client(server)).list(
                bucket: "b",
                prefix: "a+b/",
                isFolded: true,
                from: "t/=",
                before: soon
            )
            let object = S3Listing.Object(key: "a+b/c d", size: 7, modified: "2024-03-05T14:30:07.000Z")
            #expect(listing == S3Listing(objects: [object], folders: ["a+b/e/"], next: "n"))
            let query = "encoding-type=url&list-type=2&prefix=a%2Bb%2F&delimiter=%2F&continuation-token=t%2F%3D"
            #expect(server.requests.map(\.line) == ["GET /b/?\(query) HTTP/1.1"])
        }
    }

    @Test func aListingOfAnotherPrefixIsUnreadable() throws {
        let body =
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>x</Key><Size>1</Size></Contents>"
            + "</ListBucketResult>"
        try LoopbackServer.run(.reply(200, body: body)) { (server) throws in
            let s3 = S3(try client(server))
            #expect(throws: AWSError.self) { try s3.list(bucket: "b", prefix: "a", before: soon) }
        }
    }
}
