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
    /// The longest time of a look-up, and the share of the remaining time that it may take: the queries must still be
    /// sent and closed.
    private static let patience = Duration.seconds(2)
    private static let share = 3
    private static let shortestTime = Duration.milliseconds(100)

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
        let time = min(Self.patience, deadline.remaining / Self.share)
        guard pauseEnd?.hasPassed != false, time >= Self.shortestTime else { return .notNow }
        do throws(AWSError) {
            let name = try directory.name(ofUser: id, before: .after(time))
            names.store(name, for: id, lasting: name == nil ? Self.memoryOfMisses : Self.memoryOfNames)
            return name.map { .named($0) } ?? .unnamed
        } catch {
            pauseEnd = .after(error.isDenial ? Self.pauseAfterDenial : Self.pauseAfterFailure)
            throw error
        }
    }
}
