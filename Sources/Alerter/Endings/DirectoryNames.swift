import AWS
import Time

/// The directory of people, as the handler needs it.
protocol UserDirectory {
    func name(ofUser userID: String, before deadline: Deadline) throws(AWSError) -> String?
}

extension IdentityStore: UserDirectory {}

/// The names of the directory's users, from a cache where it has them. A directory that fails costs a query nothing
/// but the name.
final class DirectoryNames {
    private static let memoryOfNames = Duration.days(1)
    private static let memoryOfMisses = Duration.seconds(3600)
    /// The directory is left alone for this time after it denied access, and after any other failure.
    private static let pauseAfterDenial = Duration.seconds(3600)
    private static let pauseAfterFailure = Duration.seconds(60)
    private static let patience = Duration.seconds(2)

    private let directory: any UserDirectory
    private var names = ExpiringCache<String?>(limit: 10_000)
    private var pauseEnd: Deadline?

    init(_ directory: any UserDirectory) {
        self.directory = directory
    }

    /// The answer to the question for a user's name.
    enum Answer {
        case named(String)
        /// The directory does not know the user, or no name of the user.
        case unnamed
        /// The directory is left alone, or there is too little time.
        case notNow
    }

    /// Looks a user up.
    ///
    /// - Throws: ``AWSError`` once for each pause that a failure begins.
    func name(ofUser id: String, before deadline: Deadline) throws(AWSError) -> Answer {
        if let known = names[id] { return known.map { .named($0) } ?? .unnamed }
        guard pauseEnd?.hasPassed != false, deadline.allows(Self.patience) else { return .notNow }
        do throws(AWSError) {
            let name = try directory.name(ofUser: id, before: .after(Self.patience))
            names.store(name, for: id, lasting: name == nil ? Self.memoryOfMisses : Self.memoryOfNames)
            return name.map { .named($0) } ?? .unnamed
        } catch {
            pauseEnd = .after(error.isDenial ? Self.pauseAfterDenial : Self.pauseAfterFailure)
            throw error
        }
    }
}
