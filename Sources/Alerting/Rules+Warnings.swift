import CloudTrail

extension Rules {
    /// The rules that can never matter, as far as that is certain whatever queries come, each with its key and the
    /// reason.
    package var warnings: [String] {
        var needless: Set<Int> = []
        return rules.indices.compactMap { index in
            guard let reason = reasonNotToMatter(index, without: needless) else { return nil }
            needless.insert(index)
            return "rules[\(index)] can never matter: \(reason)"
        }
    }

    /// - Parameter needless: rules that do not matter themselves; without them, none of two equal rules would count.
    private func reasonNotToMatter(_ index: Int, without needless: Set<Int>) -> String? {
        let rule = rules[index]
        if rule.effect.parts.isEmpty { return "it has no effect" }
        if let mismatch = rule.impossibleMember { return mismatch }
        let wider = rules.indices.filter {
            $0 != index && !needless.contains($0) && rules[$0].isAbout(everythingOf: rule)
        }
        if let other = wider.first(where: isIgnoringForGood) {
            return "rules[\(other)] ignores every query that it is about"
        }
        let later = wider.filter { $0 > index }
        let replaced = later.reduce(into: Set<String>()) { $0.formUnion(rules[$1].effect.parts) }
        guard replaced.isSuperset(of: rule.effect.parts) else { return nil }
        let names = later.map { "rules[\($0)]" }.joined(separator: ", ")
        return "what it says is replaced by \(names) for every query that it is about"
    }

    /// Whether a rule ignores queries and no later one can take that back.
    private func isIgnoringForGood(_ index: Int) -> Bool {
        rules[index].effect.isIgnored == true && !rules[index...].contains { $0.effect.isIgnored == false }
    }
}

extension Rule {
    /// Whether this rule is about every query that another rule is about; false also where that is not certain.
    fileprivate func isAbout(everythingOf other: Rule) -> Bool {
        match.allSatisfy { member, forms in
            guard let others = other.match[member] else { return false }
            return others.allSatisfy { narrow in forms.contains { $0.covers(narrow) } }
        }
    }

    /// The reason why no query can fit, for members that have few values.
    fileprivate var impossibleMember: String? {
        for member in Member.allCases {
            guard let forms = match[member], let values = member.knownValues else { continue }
            guard values.contains(where: { value in forms.contains { $0.matches(value) } }) else {
                return "the values of \(member.rawValue) are \(values.joined(separator: ", "))"
            }
        }
        return nil
    }
}

extension Rule.Member {
    /// All values of a member that has few, else nil.
    package var knownValues: [String]? {
        switch self {
        case .userType: Person.Kind.allCases.map(\.rawValue)
        case .userSource: Person.Source.allCases.map(\.rawValue)
        default: nil
        }
    }
}

extension Rule.Effect {
    /// The keys of what this says, in the order of the settings' documentation.
    var parts: [String] {
        let parts: [(String, Bool)] = [
            ("ignore", isIgnored != nil),
            ("thresholds.user", thresholds.user != nil),
            ("thresholds.channel", thresholds.channel != nil),
            ("channel", channel != nil),
            ("notify", personalReceiver != nil),
            ("messages.query", messages.query != nil),
            ("messages.channel", messages.channel != nil),
            ("messages.user", messages.user != nil),
            ("messages.sql_characters", messages.sqlCharacters != nil),
            ("messages.sql.channel", messages.channelSQL != nil),
            ("messages.sql.user", messages.userSQL != nil),
        ]
        return parts.filter(\.1).map(\.0)
    }
}
