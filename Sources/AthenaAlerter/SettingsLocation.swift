import Settings
import System

/// The location of the settings: the file that the command line names, else the one that `SETTINGS_FILE` names, else `settings.json` beside the executable.
struct SettingsLocation {
    let path: String
    private let isChosen: Bool

    init(environment: Environment, argument: String? = nil) {
        let chosen = argument ?? environment["SETTINGS_FILE"]
        path = chosen ?? BesideExecutable.path("settings.json")
        isChosen = chosen != nil
    }

    /// Reads the settings. The file may be absent unless `SETTINGS_FILE` names it: every setting has a default, or an error
    /// where it is needed.
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
