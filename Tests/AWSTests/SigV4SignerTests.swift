import HTTP
import Testing
import Time
import Web

@testable import AWS

/// Signatures published in AWS's own documentation; the end-to-end tests hold many thousands more against botocore.
@Suite struct SigV4SignerTests {
    private static let example = Credentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    )
    private static let s3Example = Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )

    private func signature(of request: HTTPRequest) -> String? {
        request.headers["Authorization"]?.split(separator: "Signature=").last.map(String.init)
    }

    @Test func theDocumentedRequestOfIAM() throws {
        var request = HTTPRequest(
            url: try #require(URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")),
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
        )
        let signer = SigV4Signer(credentials: Self.example, region: "us-east-1", service: "iam")
        signer.sign(&request, at: try #require(Timestamp(iso8601: "2015-08-30T12:36:00Z")))
        #expect(signature(of: request) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
        #expect(
            signer.signingKey(day: "20150830").hexadecimal
                == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        )
    }

    private static func bucket(_ path: String, query: String = "") -> URL {
        URL(origin: Origin(scheme: .https, host: "examplebucket.s3.amazonaws.com"), path: path, query: query)
    }

    private static let s3Requests: [(request: HTTPRequest, signature: String)] = [
        (
            HTTPRequest(url: bucket("/test.txt"), headers: ["Range": "bytes=0-9"]),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        (
            HTTPRequest(
                method: "PUT",
                url: bucket("/test%24file.text"),
                headers: ["Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"],
                body: Array("Welcome to Amazon S3.".utf8)
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        (
            HTTPRequest(url: bucket("/", query: "lifecycle")),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        (
            HTTPRequest(url: bucket("/", query: "max-keys=2&prefix=J")),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ]

    @Test func theDocumentedRequestsOfS3() throws {
        let signer = SigV4Signer(credentials: Self.s3Example, region: "us-east-1", service: "s3")
        let time = try #require(Timestamp(iso8601: "2013-05-24T00:00:00Z"))
        for (request, expected) in Self.s3Requests {
            var request = request
            signer.sign(&request, at: time)
            #expect(signature(of: request) == expected, "\(request.url)")
        }
    }

    @Test func aTokenIsSignedAndSent() {
        let credentials = Credentials(accessKeyID: "a", secretAccessKey: "b", sessionToken: "token")
        var request = HTTPRequest(url: URL(origin: Origin(scheme: .https, host: "x.example")))
        SigV4Signer(credentials: credentials, region: "r", service: "sqs").sign(&request, at: .now)
        #expect(request.headers["X-Amz-Security-Token"] == "token")
        #expect(request.headers["Authorization"]?.contains("x-amz-security-token") == true)
    }

    @Test func signingAgainReplacesTheFirstSignature() {
        let signer = SigV4Signer(credentials: Self.example, region: "r", service: "s3")
        var once = HTTPRequest(url: URL(origin: Origin(scheme: .https, host: "x.example")))
        signer.sign(&once, at: Timestamp(secondsSince1970: 1_000_000_000))
        var twice = HTTPRequest(url: URL(origin: Origin(scheme: .https, host: "x.example")))
        signer.sign(&twice, at: Timestamp(secondsSince1970: 0))
        signer.sign(&twice, at: Timestamp(secondsSince1970: 1_000_000_000))
        #expect(Array(once.headers).count == Array(twice.headers).count)
        #expect(once.headers["Authorization"] == twice.headers["Authorization"])
    }

    @Test(arguments: [
        ("https://h", "/"), ("https://h/", "/"), ("https://h/a/../b", "/b"), ("https://h//a///b/", "/a/b/"),
        ("https://h/./", "/"), ("https://h/a/./b/..", "/a"), ("https://h/../..", "/"), ("https://h?x=1", "/"),
    ])
    func pathsAreNormalizedForAllButS3(_ url: String, _ path: String) {
        #expect(URL(url)?.normalizedPath == path)
    }
}
