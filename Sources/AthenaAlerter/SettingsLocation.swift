import Settings
import System

/// Where the settings are: the file that `SETTINGS_FILE` names, else `settings.json` beside the executable.
struct SettingsLocation {
    let path: String
    private let isChosen: Bool

    init(environment: Environment) {
        let chosen = environment["SETTINGS_FILE"]
        path = chosen ?? BesideExecutable.path("settings.json")
        isChosen = chosen != nil
    }

    /// Reads the settings. A file that nobody named need not be there: every setting has a default or is missed where
    /// it is needed.
    ///
    /// - Throws: ``SettingsError``
    func load() throws(SettingsError) -> House {
        let file = LocalFile(path: path)
        guard isChosen || file.exists else { return House() }
        let contents: [UInt8]
        do throws(LocalFile.Unreadable) {
            contents = try file.contents()
        } catch {
            throw SettingsError(key: "", problem: "\(path) cannot be read: \(error)")
        }
        return try House(file: contents)
    }
}
