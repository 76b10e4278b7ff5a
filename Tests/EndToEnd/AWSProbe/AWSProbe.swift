import AWS
import HTTP
import JSON
import System

/// Lets the end-to-end tests use the AWS room by itself:
///
///     aws-probe sign                      signs the requests on standard input, a line of JSON each
///     aws-probe get-object BUCKET KEY     writes an object to standard output
///     aws-probe put-object BUCKET KEY     stores standard input as an object
///     aws-probe secret NAME               writes a secret from Secrets Manager
///     aws-probe parameter NAME            writes a parameter from the Systems Manager's store
@main
struct AWSProbe {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.fail("aws-probe: \(error)")
        }
    }

    private static func run(_ arguments: [String]) throws {
        switch (arguments.first, arguments.count) {
        case ("sign", 1):
            while let line = readLine() { print(try sign(line)) }
        case ("get-object", 3):
            try S3(client()).getObject(bucket: arguments[1], key: arguments[2], into: Output(), before: deadline)
        case ("put-object", 3):
            let body = FileHandle.readAll()
            try S3(client()).putObject(bucket: arguments[1], key: arguments[2], body: body, before: deadline)
        case ("secret", 2):
            print(try Secrets(client()).secret(arguments[1], before: deadline))
        case ("parameter", 2):
            print(try Secrets(client()).parameter(arguments[1], before: deadline))
        default:
            throw Failure.wrongUsage
        }
    }

    private enum Failure: Error {
        case wrongUsage
    }

    private static var deadline: ContinuousClock.Instant { .now + .seconds(20) }

    private static func client() throws -> AWSClient {
        try AWSClient(environment: ProcessEnvironment.variables(), http: HTTPClient())
    }

    private struct Signing: Decodable {
        let method: String
        let url: String
        let headers: [[String]]
        let body: String
        let service: String
        let region: String
        let time: Int64
        let key: String
        let secret: String
        let token: String?
    }

    /// The header fields of the signed request.
    private static func sign(_ line: String) throws -> String {
        let signing = try JSON.decode(Signing.self, from: line.utf8)
        var headers: HTTPHeaders = [:]
        for field in signing.headers { headers.append(field[0], field[1]) }
        var request = HTTPRequest(
            method: signing.method,
            url: signing.url,
            headers: headers,
            body: Array(signing.body.utf8)
        )
        let credentials = Credentials(
            accessKeyID: signing.key,
            secretAccessKey: signing.secret,
            sessionToken: signing.token
        )
        let signer = SigV4Signer(credentials: credentials, region: signing.region, service: signing.service)
        signer.sign(&request, at: Timestamp(secondsSince1970: signing.time))
        return JSONValue.object(request.headers.map { .init($0.name, .string($0.value)) }).serialized()
    }

    private final class Output: ResponseSink {
        func begin() {}

        func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
            FileHandle.write(bytes)
        }
    }
}
