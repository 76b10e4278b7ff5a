import LambdaEvents

/// The operation that a request's method and path name.
enum QueryAPIRoute: Equatable {
    case document
    case submit
    case status(String)
    case cancel(String)
    case next

    /// Reads a request.
    ///
    /// - Throws: ``QueryFailure`` for a path that does not exist, or that takes another method.
    init(_ request: APIRequest) throws(QueryFailure) {
        let path = request.path
        // A stage or a base path may come first.
        let base = path.indices.dropLast().first {
            path[$0] == "v0" && ["data_hist", "lme_hist"].contains(path[$0 + 1])
        }
        guard let base else { throw QueryFailure(.noSuchPath) }
        let rest = Array(path[(base + 2)...])
        let method: String
        switch (rest.first, rest.count) {
        case ("openapi.json", 1): (self, method) = (.document, "GET")
        case ("query", 1): (self, method) = (.submit, "POST")
        case ("status", 2): (self, method) = (.status(rest[1]), "GET")
        case ("cancel", 2): (self, method) = (.cancel(rest[1]), "POST")
        case ("next", 1): (self, method) = (.next, "POST")
        default: throw QueryFailure(.noSuchPath)
        }
        guard request.method == method else { throw QueryFailure(.wrongMethod(allowed: method)) }
    }
}
