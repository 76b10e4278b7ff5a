import AWS
import HTTP
import JSON
import System
import Time
import Web

/// Lets the end-to-end tests use the AWS room by itself:
///
///     aws-probe addresses                 writes the address of each service, and of a bucket, for each region on standard input
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
        case ("addresses", 1):
            let resolver = try EndpointResolver(environment: Environment.process())
            while let region = readLine() {
                for service in AWSService.all { print(address(of: service, in: region, resolver)) }
            }
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
        case notAURL
    }

    private static var deadline: Deadline { .after(.seconds(20)) }

    private static func client() throws -> AWSClient {
        try AWSClient(environment: Environment.process(), http: HTTPClient())
    }

    /// A line with the service, the region, and the address or the error.
    private static func address(of service: AWSService, in region: String, _ resolver: EndpointResolver) -> String {
        let address: String
        do {
            let endpoint = try resolver.endpoint(of: service, in: region)
            let isS3 = service.signingName == "s3"
            address = (isS3 ? endpoint.url(ofBucket: "bucket", key: "k") : endpoint.url).description
        } catch {
            address = "error: \(error)"
        }
        return "\(service.signingName) \(region) \(address)"
    }

    /// The header fields of the signed request.
    private static func sign(_ line: String) throws -> String {
        let signing = try JSONValue(parsing: line.utf8)
        var headers: HTTPHeaders = [:]
        let fields: [[String]] = try signing.required("headers")
        for field in fields { headers.append(field[0], field[1]) }
        guard let url = URL(try signing.required("url")) else { throw Failure.notAURL }
        var request = HTTPRequest(
            method: try signing.required("method"),
            url: url,
            headers: headers,
            body: Array(try (signing.required("body") as String).utf8)
        )
        let credentials = Credentials(
            accessKeyID: try signing.required("key"),
            secretAccessKey: try signing.required("secret"),
            sessionToken: try signing.optional("token")
        )
        let signer = SigV4Signer(
            credentials: credentials,
            region: try signing.required("region"),
            service: try signing.required("service")
        )
        let seconds: Double = try signing.required("time")
        signer.sign(&request, at: Timestamp(secondsSince1970: Int64(seconds.rounded(.down))))
        return JSONValue.object(request.headers.map { .init($0.name, .string($0.value)) }).serialized()
    }

    private final class Output: ResponseSink {
        func begin() {}

        func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
            FileHandle.write(bytes)
        }
    }
}
