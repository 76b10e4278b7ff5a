import Testing

@testable import CloudTrail

@Suite struct UserIdentityTests {
    private func person(_ identity: String, userName: String? = nil) throws -> Person {
        Array(identity.utf8).withUnsafeBytes { bytes in
            Person(UserIdentity(JSONText(bytes)), userName: userName)
        }
    }

    private static func assumedRole(_ session: String, role: String = "analyst", more: String = "") -> String {
        """
        {"type":"AssumedRole","principalId":"AROAEXAMPLE:\(session)",
        "arn":"arn:aws:sts::123456789012:assumed-role/\(role)/\(session)",
        "sessionContext":{"sessionIssuer":{"type":"Role","userName":"\(role)"}\(more)}}
        """
    }

    @Test(arguments: [
        ("ada@example.com", "AWSReservedSSO_Analyst_0123456789abcdef", "ada@example.com"),
        ("ada", "AWSReservedSSO_Analyst_0123456789abcdef", "ada"),
        ("ada@example.com", "analyst", "ada@example.com"),
        ("Ada.Lovelace", "analyst", "Ada.Lovelace"),
        ("deadbeef", "analyst", "deadbeef"),
    ])
    func aSessionThatAPersonNamedIsThePerson(_ session: String, _ role: String, _ name: String) throws {
        #expect(try person(Self.assumedRole(session, role: role)) == Person(name: name, kind: .person))
    }

    @Test(arguments: [
        "i-0abc1234", "i-0123456789abcdef0", "botocore-session-1612345678", "AWSCLI-Session",
        "aws-go-sdk-1612345678901",
        "aws-sdk-java-1612345678901", "GlueJobRunnerSession", "6f1e1d34-0c1c-4c1b-9d5e-5c2c8a3f1a2b", "1612345678901",
        "0123456789abcdef0123456789abcdef",
    ])
    func aSessionThatAProgramNamedIsTheRole(_ session: String) throws {
        #expect(try person(Self.assumedRole(session, role: "nightly-etl")) == Person(name: "nightly-etl", kind: .role))
    }

    @Test func aSourceIdentityCountsBeforeTheSession() throws {
        let identity = Self.assumedRole("i-0abc1234", more: #","sourceIdentity":"ada""#)

        #expect(try person(identity) == Person(name: "ada", kind: .person))
    }

    @Test(arguments: [
        (#"{"type":"IAMUser","userName":"ada"}"#, "ada", Person.Kind.person),
        (#"{"type":"IAMUser","arn":"arn:aws:iam::1:user/team/ada"}"#, "ada", .person),
        (#"{"type":"IAMUser","arn":"arn:aws:iam::1:user/ada/"}"#, "ada", .person),
        (#"{"type":"IAMUser","arn":"/"}"#, "IAMUser", .unknown),
        (#"{"type":"FederatedUser","principalId":"123456789012:ada"}"#, "ada", .person),
        (#"{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/ada"}"#, "ada", .person),
        (#"{"type":"WebIdentityUser","userName":"ada@example.com"}"#, "ada@example.com", .person),
        (#"{"type":"SAMLUser","userName":"ada"}"#, "ada", .person),
        (#"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"90-1"}}"#, "90-1", .person),
        (#"{"type":"Root","arn":"arn:aws:iam::123456789012:root"}"#, "root", .root),
        (#"{"type":"AWSService","invokedBy":"quicksight.amazonaws.com"}"#, "quicksight.amazonaws.com", .service),
        (#"{"type":"AWSAccount","principalId":"AIDAEXAMPLE"}"#, "AIDAEXAMPLE", .unknown),
        (#"{"type":"Directory"}"#, "Directory", .unknown),
        ("{}", "unknown", .unknown),
        (#"{"type":"AssumedRole"}"#, "AssumedRole", .unknown),
        (#"{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/etl"}"#, "etl", .role),
        (#"{"type":"IAMUser","userName":""}"#, "IAMUser", .unknown),
    ])
    func eachTypeOfIdentityHasAName(_ identity: String, _ name: String, _ kind: Person.Kind) throws {
        #expect(try person(identity) == Person(name: name, kind: kind))
    }

    @Test func identityCenterNamesItsUserBesideTheIdentity() throws {
        let identity = #"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"90-1"}}"#
        #expect(try person(identity, userName: "ada@example.com") == Person(name: "ada@example.com", kind: .person))
    }

    @Test func aMissingIdentityIsUnknown() {
        #expect(Person(nil) == Person(name: "unknown", kind: .unknown))
    }
}
