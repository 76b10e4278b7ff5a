import HTTP
import System
import Testing
import Web

@testable import AWS

/// The host names, as AWS's own SDK for Python resolves them; the end-to-end tests compare all.
@Suite struct EndpointTests {
    private func url(of service: AWSService, in region: String, _ environment: [String: String] = [:]) throws -> String
    {
        let environment = Environment(environment.merging(["HOME": "/nonexistent"]) { $1 })
        return try EndpointResolver(environment: environment).endpoint(of: service, in: region).url.description
    }

    private static let fips = ["AWS_USE_FIPS_ENDPOINT": "true"]
    private static let dualStack = ["AWS_USE_DUALSTACK_ENDPOINT": "true"]
    private static let both = fips.merging(dualStack) { $1 }

    @Test(arguments: [
        ("eu-west-1", "amazonaws.com", "api.aws"), ("unknown", "amazonaws.com", "api.aws"),
        ("cn-north-1", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("us-gov-west-1", "amazonaws.com", "api.aws"), ("us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud"),
        ("eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        ("eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu"),
    ])
    func eachPartitionHasItsDomains(_ region: String, _ domain: String, _ dualStackDomain: String) throws {
        #expect(try url(of: .athena, in: region) == "https://athena.\(region).\(domain)/")
        #expect(try url(of: .athena, in: region, Self.fips) == "https://athena-fips.\(region).\(domain)/")
        #expect(try url(of: .athena, in: region, Self.dualStack) == "https://athena.\(region).\(dualStackDomain)/")
        #expect(try url(of: .athena, in: region, Self.both) == "https://athena-fips.\(region).\(dualStackDomain)/")
    }

    @Test func bucketsKeepTheDomainWithDualStack() throws {
        #expect(try url(of: .s3, in: "us-east-1", Self.fips) == "https://s3-fips.us-east-1.amazonaws.com/")
        #expect(try url(of: .s3, in: "us-east-1", Self.dualStack) == "https://s3.dualstack.us-east-1.amazonaws.com/")
        #expect(try url(of: .s3, in: "us-east-1", Self.both) == "https://s3-fips.dualstack.us-east-1.amazonaws.com/")
    }

    @Test func bucketsInChinaHaveNoValidatedEndpoint() {
        let error = #expect(throws: AWSError.self) { try url(of: .s3, in: "cn-north-1", Self.fips) }
        #expect(error?.description == "AWS_USE_FIPS_ENDPOINT: s3 has no such endpoint in cn-north-1")
    }

    @Test func theOrdinaryHostsOfGovCloudAreValidated() throws {
        for service in [AWSService.dynamoDB, .sqs, .ssm, .sts, .cloudFormation] {
            let name = service.signingName
            #expect(
                try url(of: service, in: "us-gov-east-1", Self.fips) == "https://\(name).us-gov-east-1.amazonaws.com/"
            )
            #expect(
                try url(of: service, in: "us-gov-east-1", Self.both) == "https://\(name)-fips.us-gov-east-1.api.aws/"
            )
            #expect(try url(of: service, in: "us-east-2", Self.fips) == "https://\(name)-fips.us-east-2.amazonaws.com/")
        }
    }

    @Test(arguments: [
        ("us-west-2", dualStack, "secretsmanager.us-west-2.amazonaws.com"),
        ("us-gov-west-1", both, "secretsmanager-fips.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", dualStack, "secretsmanager.cn-north-1.amazonaws.com.cn"),
        ("cn-north-1", both, "secretsmanager-fips.cn-north-1.api.amazonwebservices.com.cn"),
        ("eusc-de-east-1", dualStack, "secretsmanager.eusc-de-east-1.api.amazonwebservices.eu"),
    ])
    func secretsKeepTheDomainWhereItHasBothKindsOfAddresses(
        _ region: String,
        _ environment: [String: String],
        _ host: String
    ) throws {
        #expect(try url(of: .secretsManager, in: region, environment) == "https://\(host)/")
    }

    @Test(arguments: ["true", "True", "TRUE"]) func trueIsReadInAnyCase(_ text: String) throws {
        #expect(try url(of: .glue, in: "us-east-1", ["AWS_USE_FIPS_ENDPOINT": text]).contains("glue-fips."))
    }

    @Test(arguments: ["false", "False", ""]) func falseIsTheDefault(_ text: String) throws {
        #expect(try url(of: .glue, in: "us-east-1", ["AWS_USE_FIPS_ENDPOINT": text]).contains("glue.us-east-1"))
    }

    @Test(arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
    func anyOtherValueEndsTheStart(_ variable: String) {
        for text in ["yes", "1", " true"] {
            let error = #expect(throws: AWSError.self) {
                try AWSClient(environment: [variable: text, "AWS_REGION": "eu-west-1"], http: HTTPClient())
            }
            #expect(error?.description == "\(variable) must be true or false, not '\(text)'")
        }
    }

    @Test func anEndpointOfTheEnvironmentWins() throws {
        let environment = Self.both.merging(["AWS_ENDPOINT_URL": "http://all:1"]) { $1 }
        #expect(try url(of: .s3, in: "cn-north-1", environment) == "http://all:1/")
    }
}
