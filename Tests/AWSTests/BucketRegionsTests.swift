import AWSFixture
import HTTP
import LoopbackServer
import System
import Testing
import Time
import Web

@testable import AWS

/// The redirects of S3 to the region of a bucket.
@Suite struct BucketRegionsTests {
    private static func moved(to region: String, _ status: Int = 301, _ code: String = "PermanentRedirect") -> Answer {
        .reply(
            status,
            headers: ["x-amz-bucket-region": region],
            body: "<Error><Code>\(code)</Code><Message>m</Message><Endpoint>evil.example.com</Endpoint></Error>"
        )
    }

    private static let malformed = Answer.reply(
        400,
        body: "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>us-east-2</Region></Error>"
    )

    private func get(_ client: AWSClient, bucket: String = "b") throws -> String {
        let sink = TextSink()
        try S3(client).getObject(bucket: bucket, key: "k", into: sink, before: soon)
        return sink.text
    }

    private func regions(_ server: LoopbackServer) -> [String] {
        server.requests.map { request in
            let scope = request.headers["authorization"]?.split(separator: ",").first?.split(separator: "/")
            return scope.map { String($0[2]) } ?? "none"
        }
    }

    @Test(arguments: [
        moved(to: "us-east-2"), moved(to: "us-east-2", 307, "TemporaryRedirect"),
        moved(to: "us-east-2", 400, "IllegalLocationConstraintException"), malformed,
    ])
    func aRedirectIsFollowedWithAnotherSignatureAndRemembered(_ redirect: Answer) throws {
        try LoopbackServer.run(redirect, .reply(200, body: "file"), .reply(200, body: "again")) { (server) throws in
            let pauses = Pauses()
            let client = try AWSFixture.client(server, pauses: pauses)
            #expect(try get(client) == "file" && get(client) == "again")
            #expect(regions(server) == ["eu-west-1", "us-east-2", "us-east-2"] && pauses.taken == [.zero])
        }
    }

    @Test func anotherBucketIsNotConcerned() throws {
        let files = [Answer.reply(200, body: "b"), .reply(200, body: "c")]
        try LoopbackServer.run(Self.malformed, files[0], files[1]) { (server) throws in
            let client = try AWSFixture.client(server)
            #expect(try get(client) == "b" && get(client, bucket: "c") == "c")
            #expect(regions(server) == ["eu-west-1", "us-east-2", "eu-west-1"])
        }
    }

    @Test func aSecondRedirectIsAnErrorThatNamesBoth() throws {
        let second = Self.moved(to: "eu-north-1")
        try LoopbackServer.run(Self.moved(to: "us-east-2"), second, .reply(200)) { (server) throws in
            let client = try AWSFixture.client(server)
            let error = #expect(throws: AWSError.self) { try get(client) }
            let text = "S3 redirects from eu-west-1 to us-east-2, and from there to eu-north-1"
            #expect(error?.code == "PermanentRedirect" && error?.description.contains(text) == true)
            #expect(regions(server) == ["eu-west-1", "us-east-2"])
        }
    }

    @Test func troubleAfterARedirectIsTriedAgainThere() throws {
        try LoopbackServer.run(Self.malformed, .reply(503), .reply(200, body: "file")) { (server) throws in
            #expect(try get(AWSFixture.client(server)) == "file")
            #expect(regions(server) == ["eu-west-1", "us-east-2", "us-east-2"])
        }
    }

    @Test func callsAtOnceAreRedirectedEachForItself() throws {
        let redirect = Self.moved(to: "us-east-2")
        try LoopbackServer.run(redirect, redirect, redirect, .reply(204), .reply(204), .reply(204)) { (server) throws in
            let outcomes = try S3(client(server)).deleteObjects(bucket: "b", keys: ["1", "2", "3"], before: soon)
            #expect(outcomes.allSatisfy { (try? $0.get()) != nil })
            #expect(
                regions(server).sorted() == Array(repeating: "eu-west-1", count: 3)
                    + Array(repeating: "us-east-2", count: 3)
            )
        }
    }

    @Test(arguments: [
        "eu-west-1", "cn-north-1", "us-gov-west-1", "us-east-2.evil.example.com", "evil.example.com", "evil", "evil-1",
        "us-east-2/", "US-EAST-2", "us--2", "us-east-two", "us-east-222", "u\u{e9}-east-1", "-east-1",
    ])
    func anAnswerThatNamesNoOtherRegionOfThePartitionIsNotFollowed(_ region: String) throws {
        try LoopbackServer.run(Self.moved(to: region), .reply(200)) { (server) throws in
            let client = try AWSFixture.client(server)
            let error = #expect(throws: AWSError.self) { try get(client) }
            #expect(error?.code == "PermanentRedirect" && server.requests.count == 1)
        }
    }

    @Test func anErrorThatIsNoRedirectIsNotFollowed() throws {
        try LoopbackServer.run(Self.moved(to: "us-east-2", 403, "AccessDenied"), .reply(200)) { (server) throws in
            let client = try AWSFixture.client(server)
            #expect(throws: AWSError.self) { try get(client) }
            #expect(server.requests.count == 1)
        }
    }

    @Test func theHostIsThatOfTheOtherRegion() throws {
        var signer = try CallSigner(region: "eu-west-1", environment: ["HOME": "/nonexistent"], http: HTTPClient())
        let call = AWSCall(service: .s3, operation: "GetObject", resource: .object(bucket: "b", key: "k"))
        let refusal = ServiceError(
            call: call.name,
            status: 301,
            code: "PermanentRedirect",
            message: "m",
            requestID: "r",
            bucketRegion: "us-east-2"
        )
        let isRedirected = signer.redirect(call, after: .refused(refusal), from: "eu-west-1")
        #expect(isRedirected)
        let keys = Credentials(accessKeyID: "i", secretAccessKey: "s", sessionToken: nil)
        let url = try signer.request(for: call, with: keys).url
        #expect(url.description == "https://b.s3.us-east-2.amazonaws.com/k")
    }
}
