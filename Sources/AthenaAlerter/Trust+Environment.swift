import HTTP
import System

extension HTTPClient.Trust {
    /// What the environment says: the file that `AWS_CA_BUNDLE` names, else the certificates that were shipped beside
    /// the executable, else the system's.
    init(environment: Environment) {
        let shipped = BesideExecutable.path("certs")
        if let file = environment["AWS_CA_BUNDLE"], !file.isEmpty {
            self = .file(file)
        } else if LocalFile(path: shipped).exists {
            self = .directory(shipped)
        } else {
            self = .system
        }
    }
}

extension HTTPClient {
    /// Creates a client that trusts the certificates that the environment names.
    convenience init(environment: Environment) {
        var configuration = Configuration()
        configuration.trust = Trust(environment: environment)
        self.init(configuration: configuration)
    }
}
