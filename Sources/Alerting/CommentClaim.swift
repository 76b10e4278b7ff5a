import CloudTrail

/// The claim of a comment in the SQL: the tool that wrote it, and the person for whom the tool ran the query.
///
/// A claim is no proof, because each user who may run SQL may write a comment. It may name the person to tell, and
/// nothing else follows from it.
package struct CommentClaim: Sendable, Equatable {
    /// The tool, nil when the comment does not tell.
    package var tool: String?
    /// The person's name, or a tool's own id of the person, such as `metabase:1000`.
    package var person: String?
    /// Whether the tool ran the query on a schedule, for no person.
    package var isUnattended = false

    /// The longest name that a claim may have, in characters; Slack, AWS and mail servers all know no longer one.
    private static let longestName = 320

    init(tool: String? = nil, person: String? = nil, isUnattended: Bool = false) {
        self.tool = tool
        self.person = person.flatMap(Self.name)
        self.isUnattended = isUnattended && self.person == nil
    }

    /// A name that can be shown and looked up; nil for an empty, an endless or an unprintable one.
    private static func name(_ text: String) -> String? {
        var name = text.drop(while: \.isWhitespace)
        while name.last?.isWhitespace == true { name.removeLast() }
        let isPrintable = name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
            default: true
            }
        }
        guard !name.isEmpty, name.count <= longestName, isPrintable else { return nil }
        return String(name)
    }

    /// The claim of a text's comments.
    ///
    /// Two comments that name two people claim no person: either may have been copied with the SQL.
    ///
    /// - Parameters:
    ///   - comments: the first and the last comment, without their marks.
    ///   - people: the settings, whose forms of comments count before those of tools.
    /// - Returns: the claim; nil when no comment has a known form.
    package static func claim(of comments: [String], people: People) -> CommentClaim? {
        let claims = comments.compactMap { comment in
            people.comments.lazy.compactMap { $0.claim(of: comment) }.first ?? ToolComment.claim(of: comment)
        }
        guard let first = claims.first, let last = claims.last else { return nil }
        guard let firstPerson = first.person, let lastPerson = last.person else { return first.merged(with: last) }
        let names = [firstPerson, lastPerson].map { (people.alias(of: $0) ?? $0).lowercased() }
        guard names[0] == names[1] else { return CommentClaim(tool: first.tool == last.tool ? first.tool : nil) }
        return first.tool == nil ? last : first
    }

    /// The claim of two comments together, of which one at most names a person.
    private func merged(with other: CommentClaim) -> CommentClaim {
        let (named, unnamed) = person == nil ? (other, self) : (self, other)
        return CommentClaim(
            tool: named.tool ?? unnamed.tool,
            person: named.person,
            isUnattended: named.isUnattended || unnamed.isUnattended
        )
    }
}
