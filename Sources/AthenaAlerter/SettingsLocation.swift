import Alerting
import FoundationEssentials

/// Where the settings are: the file that `SETTINGS_FILE` names, else `settings.json` beside the executable.
struct SettingsLocation {
    let path: String
    private let isChosen: Bool

    init(environment: [String: String]) {
        let chosen = environment["SETTINGS_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        path = chosen ?? BesideExecutable.path("settings.json")
        isChosen = chosen != nil
    }

    init(path: String) {
        self.path = path
        isChosen = true
    }

    /// Reads the settings. A file that nobody named need not be there: every setting has a default or is missed where
    /// it is needed.
    ///
    /// - Throws: ``SettingsError``
    func load() throws(SettingsError) -> Settings {
        guard let contents = FileManager.default.contents(atPath: path) else {
            guard isChosen || FileManager.default.fileExists(atPath: path) else { return Settings() }
            throw SettingsError(key: "", problem: "\(path) cannot be read")
        }
        return try Settings(file: contents)
    }
}
