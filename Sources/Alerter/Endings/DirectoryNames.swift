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

    /// The name of a user, nil when it cannot be found now.
    ///
    /// - Throws: ``AWSError`` once for each pause that a failure begins.
    func name(ofUser id: String, before deadline: Deadline) throws(AWSError) -> String? {
        if let known = names[id] { return known }
        guard pauseEnd?.hasPassed != false, deadline.allows(Self.patience) else { return nil }
        do throws(AWSError) {
            let name = try directory.name(ofUser: id, before: .after(Self.patience))
            names.store(name, for: id, lasting: name == nil ? Self.memoryOfMisses : Self.memoryOfNames)
            return name
        } catch {
            pauseEnd = .after(error.isDenial ? Self.pauseAfterDenial : Self.pauseAfterFailure)
            throw error
        }
    }
}
