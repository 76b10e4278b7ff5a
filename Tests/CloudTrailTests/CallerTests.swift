import Testing

@testable import CloudTrail

/// The caller that a record's evidence names.
@Suite struct CallerTests {
    /// The caller of a start with this identity.
    private func caller(_ identity: String, agent: String = "x", userName: String? = nil) -> Caller? {
        let additional = userName.map { #","additionalEventData":{"UserName":"\#($0)"}"# } ?? ""
        let record = """
            {"eventSource":"athena.amazonaws.com","eventName":"StartQueryExecution","eventTime":"2024-05-06T07:08:09Z",
            "userAgent":"\(agent)","userIdentity":\(identity)\(additional),
            "responseElements":{"queryExecutionId":"q1"}}
            """
        return Array(record.utf8).withUnsafeBytes { bytes in
            guard case .queryStart(let start) = QueryRecord(JSONText(bytes))?.meaning else { return nil }
            return start.caller
        }
    }

    private func person(_ identity: String, agent: String = "x", userName: String? = nil) -> Person? {
        caller(identity, agent: agent, userName: userName)?.person
    }

    private static func assumedRole(
        _ session: String,
        role: String = "analyst",
        path: String = "/",
        session more: String = "",
        identity: String = ""
    ) -> String {
        """
        {"type":"AssumedRole","principalId":"AROAEXAMPLE:\(session)",
        "arn":"arn:aws:sts::123456789012:assumed-role/\(role)/\(session)",
        "sessionContext":{"sessionIssuer":{"type":"Role","userName":"\(role)","principalId":"AROAEXAMPLE",
        "arn":"arn:aws:iam::123456789012:role\(path)\(role)"}\(more)}\(identity)}
        """
    }

    @Test(arguments: [
        ("ada@example.com", "analyst", "ada@example.com"),
        ("Ada.Lovelace", "analyst", "Ada.Lovelace"),
        ("john", "Administrators", "john"),
        ("deadbeef", "analyst", "deadbeef"),
        ("ada-admin@example.com", "admin", "ada-admin@example.com"),
        ("ada42@example.com", "analyst", "ada42@example.com"),
        // Names that begin as those of programs do.
        ("session-ada", "analyst", "session-ada"),
        ("redshift-admin-ada", "analyst", "redshift-admin-ada"),
        ("SageMaker.Ada", "analyst", "SageMaker.Ada"),
        ("run-ada", "analyst", "run-ada"),
        ("analyst-ada", "analyst", "analyst-ada"),
        ("AdaAugustaKingLovelace", "analyst", "AdaAugustaKingLovelace"),
        ("ada.lovelace.1815", "analyst", "ada.lovelace.1815"),
        ("eks-admin-ada", "analyst", "eks-admin-ada"),
        ("cli-ada", "analyst", "cli-ada"),
        ("i-adelaide", "analyst", "i-adelaide"),
        ("session-ada1", "analyst", "session-ada1"),
        ("redshift-ada2024", "analyst", "redshift-ada2024"),
        ("SageMaker.Ada2", "analyst", "SageMaker.Ada2"),
        ("dev-john2", "dev", "dev-john2"),
        // A tool's prefix before an address.
        ("federated-aws-cli-ada@example.com", "analyst", "ada@example.com"),
        ("federated-aws-cli-grace@example.org", "admin", "grace@example.org"),
    ])
    func aSessionThatAPersonNamedIsThePerson(_ session: String, _ role: String, _ name: String) {
        #expect(
            person(Self.assumedRole(session, role: role)) == Person(name: name, kind: .person, source: .sessionName)
        )
    }

    /// Of members with one name the last counts, and nothing of the one before.
    @Test(arguments: ["{}", "1", "null", #""x""#, #"{"sessionIssuer":1}"#, #"{"sessionIssuer":{"type":"Role"}}"#])
    func ofTwoSessionsOrIssuersTheLastCounts(_ last: String) {
        let issuer =
            #"{"userName":"AWSServiceRoleForX","arn":"arn:aws:iam::1:role/aws-service-role/x/AWSServiceRoleForX"}"#
        let session = #"{"sourceIdentity":"eve","sessionIssuer":\#(issuer)}"#
        let start = #"{"type":"AssumedRole","principalId":"A:ada","sessionContext":"#
        let ada = Person(name: "ada", kind: .person, source: .sessionName)
        #expect(person(#"\#(start)\#(session),"sessionContext":\#(last)}"#) == ada)
        #expect(person(#"\#(start){"sessionIssuer":\#(issuer),"sessionIssuer":\#(last)}}"#) == ada)
        #expect(person(#"\#(start)\#(last),"sessionContext":\#(session)}"#)?.kind == .role)
    }

    @Test func membersBeforeAMistakeInASessionCount() {
        let start = #"{"type":"AssumedRole","principalId":"A:ada","sessionContext":"#
        let eve = Person(name: "eve", kind: .person, source: .sourceIdentity)
        #expect(person(#"\#(start){"sourceIdentity":"eve" "x"}}"#) == eve)
        #expect(person(#"\#(start){"sessionIssuer":{"userName":"r" 1},"sourceIdentity":"eve"}}"#) == eve)
        #expect(person(#"\#(start){"sourceIdentity":"eve"} "x"}"#)?.kind == .unknown)
    }

    @Test(arguments: ["ada", "ada@example.com", "AWSCLI-Session", "1612345678901"])
    func aSessionOfIdentityCentersRoleIsAlwaysAPerson(_ session: String) {
        let identity = Self.assumedRole(
            session,
            role: "AWSReservedSSO_Analyst_0123456789abcdef",
            path: "/aws-reserved/sso.amazonaws.com/"
        )
        #expect(person(identity) == Person(name: session, kind: .person, source: .identityCenter))
    }

    @Test(arguments: [
        "i-0abc1234", "i-0123456789abcdef0",
        "GitHubActions",
        "gntd-3FzX0kQ", "gntd-a1b2c3",
        "botocore-session-1612345678", "botocore-session-1714978800",
        "1612345678901", "20240506070809123",
        "aws-go-sdk-1612345678901", "aws-go-sdk-1714978800123456789",
        "aws-sdk-java-1612345678901", "aws-sdk-js-session-1714978800123",
        "aws-sdk-php-1714978800", "aws-dotnet-sdk-session-638505", "aws-dotnet-sdk-session-638505689000000000",
        "AWSCLI-Session", "web-identity-token-1714978800123", "web-identity-token-1612345678901",
        "AWSCodeBuild-6f1e1d34-0c1c-4c1b-9d5e-5c2c8a3f1a2b", "AWSCodeBuild-0f3a9c01-d2e4-4b57-8688-99aabbccddee",
        "AmazonMWAA-airflow", "GlueJobRunnerSession", "SageMaker", "AWSCloudFormation", "AutoScaling",
        "eks-prod-orders-7c9f-6f1e1d34-0c1c-4c1b-9d5e-5c2c8a3f1a2b",
        "eks-dev-web-0f3a9c01-d2e4-4b57-8688-99aabbccddee",
        "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345", "Zk3pQ9sXw2LmN8vB4tY7uHj1",
        "run-9XyZabcdEFGH1234", "run-abcdefgh12345678",
        "assumed-from-leapp", "awsume-prod", "awsume-analyst",
        "nightly-etl-abc123", "nightly-etl-x7Kq2m",
        "QuickSight-RoleSession-1714978800123", "QuickSight1714978800123",
        "MandoService-2842426183934887787", "SLRManagement", "EKS",
        "TrustedAdvisor_123456789012_7472a099-2df6-4080-b339-9681aa0a066a",
        "PyAthena-session-1714978800", "RAthena-session-1714978800", "noctua-session-1714978800",
        "AthenaJWT", "assume-aws-role-cli", "cli", "terraform-run-abc123", "terraform-run-7Kq2x",
        "terraform-run-run-CKuwsxMGgMd6W7Uk",
        "DatadogAWSIntegration", "gitlab-ci",
        "6f1e1d34-0c1c-4c1b-9d5e-5c2c8a3f1a2b", "0123456789abcdef0123456789abcdef",
        "0f3a9c01d2e4b5768899aabbccddeeff00112233",
    ])
    func aSessionThatAProgramNamedIsTheRole(_ session: String) {
        let caller = caller(Self.assumedRole(session, role: "nightly-etl"))
        #expect(caller?.person == Person(name: "nightly-etl", kind: .role, source: .role))
        #expect(caller?.sessionName == session)
    }

    @Test(arguments: [
        "aws-cli/2.15 exec-env/AWS_Lambda_python3.12", "Boto3/1.34 exec-env/AWS_Lambda_nodejs20.x lib/x",
        "Boto3/1.34 exec-env/AWS_ECS_FARGATE", "aws-sdk-go-v2/1.2 exec-env/AWS_ECS_EC2",
    ])
    func aFunctionOrContainerIsTheRole(_ agent: String) {
        #expect(
            person(Self.assumedRole("load-orders", role: "orders-function"), agent: agent)
                == Person(name: "orders-function", kind: .role, source: .role)
        )
        // A program that acts for a person says so in the session's name.
        #expect(
            person(Self.assumedRole("ada@example.com"), agent: agent)
                == Person(name: "ada@example.com", kind: .person, source: .sessionName)
        )
    }

    @Test(arguments: ["aws-cli/2.15 exec-env/CloudShell", "aws-sdk-java/1 noexec-env/AWS_Lambda_java"])
    func otherAgentsLeaveTheSessionAPerson(_ agent: String) {
        #expect(person(Self.assumedRole("ada"), agent: agent)?.kind == .person)
    }

    @Test(arguments: [
        ("MandoService2842426183934887787", "AWSServiceRoleForAmazonInspector2", "/aws-service-role/inspector2/"),
        ("ada@example.com", "AWSServiceRoleForTrustedAdvisor", "/aws-service-role/trustedadvisor/"),
        ("ada", "CustomSuffix", "/aws-service-role/custom.amazonaws.com/"),
        ("ada", "aws-quicksight-service-role-v0", "/service-role/"),
        ("my-crawler", "AWSGlueServiceRole-orders", "/service-role/"),
    ])
    func aRoleOfAServiceIsNoPerson(_ session: String, _ role: String, _ path: String) {
        #expect(
            person(Self.assumedRole(session, role: role, path: path)) == Person(name: role, kind: .role, source: .role)
        )
    }

    @Test func aPersonMayUseTheRoleThatAConsoleMadeForAService() {
        #expect(
            person(Self.assumedRole("ada@example.com", role: "AWSGlueServiceRole-orders", path: "/service-role/"))
                == Person(name: "ada@example.com", kind: .person, source: .sessionName)
        )
    }

    @Test(arguments: [
        ("ada", "i-0abc1234", Person(name: "ada", kind: .person, source: .sourceIdentity)),
        ("ada@example.com", "ada", Person(name: "ada@example.com", kind: .person, source: .sourceIdentity)),
        (
            "CN=ada@example.com", "0f3a9c01d2e4b5768899aabbccddeeff",
            Person(name: "ada@example.com", kind: .person, source: .sourceIdentity)
        ),
        (
            "CN=grace@example.com,O=Navy", "0f3a9c01d2e4b5768899aabbccddeeff",
            Person(name: "grace@example.com", kind: .person, source: .sourceIdentity)
        ),
        (
            "CN=batch-host-01", "0f3a9c01d2e4b5768899aabbccddeeff00112233",
            Person(name: "analyst", kind: .role, source: .role)
        ),
        ("CN=Ada", "Ada", Person(name: "Ada", kind: .person, source: .sourceIdentity)),
        ("botocore-session-1612345678", "ada", Person(name: "ada", kind: .person, source: .sessionName)),
        ("GitHubActions", "1612345678901", Person(name: "analyst", kind: .role, source: .role)),
    ])
    func aSourceIdentityCountsBeforeTheSession(_ source: String, _ session: String, _ expected: Person) {
        let identity = Self.assumedRole(session, session: #","sourceIdentity":"\#(source)""#)
        #expect(person(identity) == expected)
    }

    @Test(arguments: [
        ("AthenaJWT", Person(name: "544894e8-80c1", kind: .person, source: .identityCenter)),
        ("ada", Person(name: "544894e8-80c1", kind: .person, source: .identityCenter)),
        ("ada@example.com", Person(name: "ada@example.com", kind: .person, source: .sessionName)),
    ])
    func aUserOfIdentityCenterCountsBeforeASessionThatIsNoAddress(_ session: String, _ expected: Person) {
        let identity = Self.assumedRole(session, identity: #","onBehalfOf":{"userId":"544894e8-80c1"}"#)
        #expect(person(identity) == expected)
    }

    @Test(arguments: [
        ("svc", "ada@example.com", Person(name: "ada@example.com", kind: .person, source: .sessionName)),
        ("grace@example.com", "ada", Person(name: "grace@example.com", kind: .person, source: .sourceIdentity)),
        ("svc", "ada", Person(name: "544894e8-80c1", kind: .person, source: .identityCenter)),
    ])
    func anAddressNamesAUserOfIdentityCenterBetterThanTheID(_ source: String, _ session: String, _ expected: Person) {
        let identity = Self.assumedRole(
            session,
            session: #","sourceIdentity":"\#(source)""#,
            identity: #","onBehalfOf":{"userId":"544894e8-80c1"}"#
        )
        #expect(person(identity) == expected)
    }

    @Test(arguments: [
        (#"{"type":"IAMUser","userName":"ada"}"#, "ada", Person.Kind.person, Person.Source.iamUser),
        (#"{"type":"IAMUser","arn":"arn:aws:iam::1:user/team/ada"}"#, "ada", .person, .iamUser),
        (#"{"type":"IAMUser","arn":"arn:aws:iam::1:user/ada/"}"#, "ada", .person, .iamUser),
        (#"{"type":"IAMUser","arn":"/"}"#, "IAMUser", .unknown, .unknown),
        (#"{"type":"FederatedUser","principalId":"123456789012:ada"}"#, "ada", .person, .federated),
        (#"{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/ada"}"#, "ada", .person, .federated),
        (
            #"{"type":"FederatedUser","principalId":"1:AIDAX","sessionContext":{"sessionIssuer":"#
                + #"{"userName":"Ada.Lovelace","principalId":"AIDAX"}}}"#,
            "Ada.Lovelace", .person, .iamUser
        ),
        (
            #"{"type":"FederatedUser","principalId":"1:gntd-3FzX0kQ","sessionContext":{"sessionIssuer":"#
                + #"{"userName":"ada","principalId":"AIDAX"}}}"#,
            "ada", .person, .iamUser
        ),
        (#"{"type":"WebIdentityUser","userName":"ada@example.com"}"#, "ada@example.com", .person, .federated),
        (#"{"type":"SAMLUser","userName":"ada"}"#, "ada", .person, .federated),
        (#"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"90-1"}}"#, "90-1", .person, .identityCenter),
        (#"{"type":"Root","arn":"arn:aws:iam::123456789012:root"}"#, "root", .root, .root),
        (#"{"type":"Root","invokedBy":"signin.amazonaws.com"}"#, "root", .root, .root),
        (
            #"{"type":"AWSService","invokedBy":"quicksight.amazonaws.com"}"#, "quicksight.amazonaws.com", .service,
            .service
        ),
        (#"{"type":"AWSAccount","principalId":"AIDAEXAMPLE"}"#, "AIDAEXAMPLE", .unknown, .unknown),
        (#"{"type":"Directory"}"#, "Directory", .unknown, .unknown),
        ("{}", "unknown", .unknown, .unknown),
        ("[]", "unknown", .unknown, .unknown),
        (#"{"type":"AssumedRole"}"#, "AssumedRole", .unknown, .unknown),
        (#"{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/etl"}"#, "etl", .role, .role),
        (#"{"type":"Role","arn":"arn:aws:iam::1:role/etl"}"#, "etl", .role, .role),
        (#"{"type":"IAMUser","userName":""}"#, "IAMUser", .unknown, .unknown),
    ])
    func eachTypeOfIdentityHasAName(
        _ identity: String,
        _ name: String,
        _ kind: Person.Kind,
        _ source: Person.Source
    ) {
        #expect(person(identity) == Person(name: name, kind: kind, source: source))
    }

    @Test func identityCenterNamesItsUserBesideTheIdentity() {
        let identity = #"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"90-1"}}"#
        #expect(
            person(identity, userName: "ada@example.com")
                == Person(name: "ada@example.com", kind: .person, source: .identityCenter)
        )
    }

    @Test(arguments: [
        ("PyAthena/4.2.1 Boto3/1.34.0", "pyathena"), ("Boto3/1.34 PyAthena/3.0.0", "pyathena"),
        ("Boto3/1.34 PyAthena/4.2.1 dbt-athena/1.11.1", "dbt"), ("dbt-athena/1.9.0 Boto3/1.35", "dbt"),
        ("awswrangler/3.17.1 Boto3/1.34", "awswrangler"), ("Boto3/1.34 awswrangler/3.9.0", "awswrangler"),
        ("[Grafana/11.0 athena]", "grafana"), ("aws-sdk-go/1.5 Grafana/10.4 (athena)", "grafana"),
        ("signin.amazonaws.com", "console"), ("Mozilla/5.0 (X11; Linux x86_64) Firefox/125.0", "console"),
        ("aws-internal/3", nil), ("sbAthenaJDBCDriver/2.0, aws-internal/3", nil), ("", nil),
        ("NotPyAthena/1", nil),
    ])
    func theUserAgentNamesTheTool(_ agent: String, _ tool: String?) {
        #expect(caller(Self.assumedRole("ada"), agent: agent)?.tool == tool)
    }

    @Test(arguments: [
        Self.assumedRole("1714978800123", identity: #","invokedBy":"quicksight.amazonaws.com""#),
        Self.assumedRole("x", role: "aws-quicksight-service-role-v0", path: "/service-role/"),
    ])
    func quickSightIsATool(_ identity: String) {
        #expect(caller(identity, agent: "sbAthenaJDBCDriver/2.0, aws-internal/3")?.tool == "quicksight")
    }

    @Test func onlyARoleHasASession() {
        #expect(caller(#"{"type":"IAMUser","userName":"ada","principalId":"AIDA:x"}"#)?.sessionName == nil)
    }
}
