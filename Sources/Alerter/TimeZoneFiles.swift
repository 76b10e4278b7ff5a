import Alerting
import System
import Time

/// The files of the time zone database: those beside the executable, where the package has the zones of its settings,
/// else the system's.
enum TimeZoneFiles {
    private static let system = "/usr/share/zoneinfo/"

    static func zone(named name: String) -> TimeZone? {
        for folder in [BesideExecutable.path("zoneinfo/"), system] {
            guard let file = try? LocalFile(path: folder + name).contents() else { continue }
            return TimeZone(name: name, parsing: file)
        }
        return nil
    }
}
