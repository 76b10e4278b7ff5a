/// A test for names of role sessions that programs generate. The caller who assumes a role names the session:
/// people use their own names, programs a fixed or a random text.
enum MachineSession {
    /// Names that AWS's services, SDKs and well-known tools give, whole.
    private static let fixedNames: Set<String> = [
        "AmazonMWAA-airflow", "assume-aws-role-cli", "assumed-from-leapp", "AssumeRoleSession", "AthenaJWT",
        "AutoScaling", "aws-go-sdk", "AWSCLI-Session", "AWSCloudFormation", "botocore-session", "cli",
        "CognitoIdentityCredentials", "DatadogAWSIntegration", "EKS", "GitHubActions", "gitlab-ci",
        "GlueJobRunnerSession", "QuickSight", "RoleSession", "SageMaker", "SLRManagement",
    ]

    /// Texts before a part that differs from session to session. Each counts only with a rest of that form, because
    /// `session-ada` and `redshift-admin-ada` are people in their companies.
    private static let prefixes: [(text: String, isGenerated: @Sendable (Substring.UTF8View) -> Bool)] = [
        ("gntd-", { $0.allSatisfy(\.isLetterOrDigit) }),
        ("awsume-", { !$0.isEmpty }),
        ("run-", { $0.count == 16 && $0.allSatisfy(\.isLetterOrDigit) }),
        ("terraform-run-", { !$0.isEmpty }), ("session-", isRandom), ("redshift-", isRandom), ("eks-", isRandom),
        ("QuickSight", isRandom), ("SageMaker", isRandom), ("AutoScaling", isRandom), ("aws-sdk-", isRandom),
        ("aws-dotnet-sdk-session-", isRandom),
        ("aws-cli-", isRandom), ("botocore-session-", isRandom), ("web-identity-token-", isRandom),
    ]

    private static let separators = Set("-_.:=+,".utf8)

    /// Whether a program made the name.
    ///
    /// - Parameters:
    ///   - name: the name of a session or a user.
    ///   - role: the role's name; a session that is the role's name and something random is a program's.
    static func isMachine(_ name: String, role: String?) -> Bool {
        fixedNames.contains(name) || hasGeneratedShape(name) || hasGeneratedRest(name, role: role)
    }

    /// An id, a time or a random text, whole or after a separator.
    private static func hasGeneratedShape(_ name: String) -> Bool {
        var shape = Shape()
        for byte in name.utf8 { shape.add(byte) }
        return shape.isGenerated || isInstance(name) || endsInUUID(name)
    }

    private static func hasGeneratedRest(_ name: String, role: String?) -> Bool {
        if let role, name.hasPrefix(role + "-"), isMixed(name.dropFirst(role.count + 1).utf8) { return true }
        return prefixes.contains { name.hasPrefix($0.text) && $0.isGenerated(name.dropFirst($0.text.count).utf8) }
    }

    /// An EC2 instance: `i-` and hexadecimal digits.
    private static func isInstance(_ name: String) -> Bool {
        name.hasPrefix("i-") && name.utf8.count >= 10 && name.utf8.dropFirst(2).allSatisfy(\.isHexadecimalDigit)
    }

    /// Whether the name is a UUID, or ends in one after a separator.
    private static func endsInUUID(_ name: String) -> Bool {
        let end = Array(name.utf8.suffix(36))
        guard end.count == 36 else { return false }
        let isUUID = end.indices.allSatisfy { index in
            [8, 13, 18, 23].contains(index) ? end[index] == UInt8(ascii: "-") : end[index].isHexadecimalDigit
        }
        guard isUUID, let before = name.utf8.dropLast(36).last else { return isUUID }
        return separators.contains(before)
    }

    /// Letters and digits with at least one digit.
    private static func isMixed(_ rest: Substring.UTF8View) -> Bool {
        rest.count >= 6 && rest.allSatisfy(\.isLetterOrDigit) && rest.contains(where: \.isDigit)
    }

    /// Letters and digits in a disorder that names do not have, maybe after a separator: digits alone, hexadecimal
    /// digits, or at least two changes between letters and digits.
    @Sendable private static func isRandom(_ rest: Substring.UTF8View) -> Bool {
        let rest = rest.drop { separators.contains($0) }
        guard isMixed(rest) else { return false }
        let changes = zip(rest, rest.dropFirst()).count { $0.isDigit != $1.isDigit }
        return changes == 0 || changes >= 2 || (rest.count >= 8 && rest.allSatisfy(\.isHexadecimalDigit))
    }

    /// The kinds of characters in a name.
    private struct Shape {
        private static let shortestNumber = 9
        private static let shortestHexadecimal = 32
        private static let shortestMixture = 17

        private var count = 0
        private var digits = 0
        private var hexadecimalDigits = 0
        private var upperCase = 0
        private var lowerCase = 0
        private var lastDigits = 0
        /// Whether the digits at the end begin the name or follow a separator.
        private var areLastDigitsApart = true

        mutating func add(_ byte: UInt8) {
            count += 1
            if byte.isHexadecimalDigit { hexadecimalDigits += 1 }
            if byte.isDigit {
                digits += 1
                lastDigits += 1
                return
            }
            if byte.isLetter { if byte & 0x20 == 0 { upperCase += 1 } else { lowerCase += 1 } }
            lastDigits = 0
            areLastDigitsApart = separators.contains(byte)
        }

        var isGenerated: Bool {
            if lastDigits >= Self.shortestNumber, areLastDigitsApart { return true }
            if hexadecimalDigits == count, count >= Self.shortestHexadecimal { return true }
            return count >= Self.shortestMixture && digits + upperCase + lowerCase == count && digits > 0
                && upperCase > 0 && lowerCase > 0
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    fileprivate var isLetterOrDigit: Bool { isDigit || isLetter }

    fileprivate var isHexadecimalDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
