import Foundation
import HTTP
import LoopbackServer
import System
import Testing
import Time
import Web

@testable import AWS

@Suite struct ConfigurationTests {
    // MARK: - Endpoints

    @Test func aServicesOwnVariableWinsOverTheGeneralOne() throws {
        let resolver = try EndpointResolver(environment: [
            "AWS_ENDPOINT_URL": "http://all:1/", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://one:2",
        ])
        #expect(try resolver.endpoint(of: .secretsManager, in: "r").url.description == "https://one:2/")
        #expect(try resolver.endpoint(of: .ssm, in: "r").url.description == "http://all:1/")
    }

    @Test func configuredEndpointsCanBeIgnored() throws {
        let resolver = try EndpointResolver(environment: [
            "AWS_ENDPOINT_URL": "http://all:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        ])
        #expect(try resolver.endpoint(of: .sqs, in: "r").url.description == "https://sqs.r.amazonaws.com/")
    }

    @Test func anEndpointWithoutASchemeIsRefusedByName() throws {
        let resolver = try EndpointResolver(environment: ["AWS_ENDPOINT_URL_SQS": "localhost:1"])
        let error = #expect(throws: AWSError.self) { try resolver.endpoint(of: .sqs, in: "r") }
        #expect(error?.description.contains("AWS_ENDPOINT_URL_SQS") == true)
    }

    // MARK: - Credentials

    private func credentials(_ environment: [String: String]) throws -> Credentials {
        let source = CredentialSource(
            environment: Environment(environment.merging(["HOME": "/nonexistent"]) { own, _ in own }),
            http: HTTPClient()
        )
        return try source.credentials(before: .after(.seconds(30)))
    }

    private func withFiles<Result>(credentials: String, config: String, _ body: ([String: String]) throws -> Result)
        throws -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(credentials.utf8).write(to: folder.appending(path: "credentials"))
        try Data(config.utf8).write(to: folder.appending(path: "config"))
        return try body([
            "AWS_SHARED_CREDENTIALS_FILE": folder.appending(path: "credentials").path,
            "AWS_CONFIG_FILE": folder.appending(path: "config").path,
        ])
    }

    private static let keys = """
        # comment
        [default]
        aws_access_key_id = d
        aws_secret_access_key = ds

        [work]
        aws_access_key_id=w
        aws_secret_access_key=ws=/+
        aws_session_token = wt
        """
    private static let profiles = """
        [default]
        region = eu-north-1
        [profile work]
        region = sa-east-1
        s3 =
          max_concurrent_requests = 20
        [profile sso]
        sso_session = corp
        """

    @Test func theEnvironmentComesFirst() throws {
        let found = try credentials(["AWS_ACCESS_KEY_ID": "i", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"])
        #expect(found == Credentials(accessKeyID: "i", secretAccessKey: "s", sessionToken: "t"))
    }

    @Test func theDefaultProfileIsFound() throws {
        try withFiles(credentials: Self.keys, config: Self.profiles) { (environment) throws in
            #expect(try credentials(environment).accessKeyID == "d")
            #expect(SharedConfiguration(environment: Environment(environment)).region == "eu-north-1")
        }
    }

    @Test func aProfileMayAskForAKindOfEndpointsAndTheEnvironmentWins() throws {
        let config = "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = maybe\n"
        try withFiles(credentials: Self.keys, config: config) { (files) throws in
            let environment = files.merging(["AWS_USE_DUALSTACK_ENDPOINT": "false"]) { $1 }
            let resolver = try EndpointResolver(environment: Environment(environment))
            let url = try resolver.endpoint(of: .athena, in: "us-east-1").url
            #expect(url.description == "https://athena-fips.us-east-1.amazonaws.com/")
            let error = #expect(throws: AWSError.self) { try EndpointResolver(environment: Environment(files)) }
            #expect(error?.description == "the profile's use_dualstack_endpoint must be true or false, not 'maybe'")
        }
    }

    @Test func aProfileAskedForByNameWinsOverKeysInTheEnvironment() throws {
        try withFiles(credentials: Self.keys, config: Self.profiles) { (environment) throws in
            let environment = environment.merging(
                ["AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "i", "AWS_SECRET_ACCESS_KEY": "s"]
            ) { $1 }
            #expect(
                try credentials(environment)
                    == Credentials(accessKeyID: "w", secretAccessKey: "ws=/+", sessionToken: "wt")
            )
            #expect(SharedConfiguration(environment: Environment(environment)).region == "sa-east-1")
        }
    }

    @Test(arguments: [("sso", "sso_session"), ("nobody", "no profile 'nobody'")])
    func aProfileThatCannotServeIsNamed(_ profile: String, _ reason: String) throws {
        try withFiles(credentials: Self.keys, config: Self.profiles) { (environment) throws in
            let error = #expect(throws: AWSError.self) {
                try credentials(environment.merging(["AWS_PROFILE": profile]) { $1 })
            }
            #expect(error?.description.contains(reason) == true)
        }
    }

    @Test func theContainersEndpointIsAskedWithItsTokenAndAgainBeforeTheKeysExpire() throws {
        let body = #"{"AccessKeyId":"c","SecretAccessKey":"cs","Token":"ct","Expiration":"2001-01-01T00:00:00Z"}"#
        try LoopbackServer.run(.reply(200, body: body), .reply(200, body: body)) { (server) throws in
            let environment: Environment = [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/keys", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "pass",
                "HOME": "/nonexistent",
            ]
            let source = CredentialSource(environment: environment, http: HTTPClient())
            #expect(try source.credentials(before: .after(.seconds(30))).sessionToken == "ct")
            _ = try source.credentials(before: .after(.seconds(30)))
            #expect(server.requests.map { $0.headers["authorization"] } == ["pass", "pass"])
        }
    }

    @Test(arguments: [
        "http://192.0.2.1/keys", "http://localhost.example/keys", "http://127.0.0.1.example/keys", "ftp://127.0.0.1/",
    ])
    func keysAreNotFetchedInClearFromElsewhere(_ url: String) {
        #expect(throws: AWSError.self) { try credentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) }
    }

    @Test func withoutAnyCredentialsTheErrorSaysWhereTheyWereSought() {
        let error = #expect(throws: AWSError.self) { try credentials([:]) }
        #expect(error?.description.contains("AWS_ACCESS_KEY_ID") == true)
    }

    @Test func aRegionIsNeeded() {
        let error = #expect(throws: AWSError.self) {
            try AWSClient(environment: ["HOME": "/nonexistent"], http: HTTPClient())
        }
        #expect(error?.description == "AWS_REGION is not set")
    }
}
