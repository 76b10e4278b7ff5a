import HTTP
import System

extension HTTPClient.Trust {
    /// Creates trust in the file that `AWS_CA_BUNDLE` names, else in the certificates beside the executable, else in the
    /// system's.
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
