package import Time

/// A blocking HTTP/1.1 client over libcurl: connections stay open between requests, every call ends before its
/// deadline, TLS is always verified, redirects are never followed.
///
/// One client belongs to one thread. A sink may use the client that feeds it.
package final class HTTPClient {
    /// The settings for all requests of a client.
    package struct Configuration: Sendable {
        /// The time limit for opening a connection, TLS included.
        package var connectTimeout: Duration = .seconds(3)
        /// The certificates that are trusted.
        package var trust = Trust.system
        /// The longest body kept in memory, in bytes; streamed bodies have no limit here.
        package var bodyLimit = 32 << 20

        /// Creates the default configuration.
        package init() {}
    }

    /// The place of the certificates that verify servers; every server is verified.
    package enum Trust: Sendable, Equatable {
        /// The place that libcurl was built with.
        case system
        /// One file with all of them, read whole for the first connection.
        case file(String)
        /// A directory in which each has the hash of its subject as its name, so that only what is needed is read.
        case directory(String)
    }

    private let configuration: Configuration
    private let multi = MultiHandle()
    private var idleTransfers: [Transfer] = []

    /// Creates a client without any connection yet.
    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Makes one request and waits for its answer.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - deadline: when to give up at the latest, whatever the request's own timeout says; nil for never.
    ///   - sink: takes the body of a 2xx answer; other bodies, and all without a sink, come with the response.
    /// - Throws: ``HTTPError`` when no whole answer came; an answer of any status is not an error.
    package func perform(
        _ request: HTTPRequest,
        before deadline: Deadline?,
        sink: (any ResponseSink)? = nil
    ) throws(HTTPError) -> HTTPResponse {
        let transfer = start(request, before: deadline, sink: sink)
        while !transfer.isFinished { advance([transfer]) }
        return try finish(transfer).get()
    }

    /// Makes many requests at once and waits for all answers, which come in the order of the requests.
    ///
    /// - Parameters:
    ///   - requests: what to send.
    ///   - limit: how many may be in flight together.
    ///   - deadline: when to give up at the latest; requests that had not begun by then are ``HTTPError/timedOut(_:)``.
    package func performAll(
        _ requests: [HTTPRequest],
        inFlight limit: Int,
        before deadline: Deadline?
    ) -> [Result<HTTPResponse, HTTPError>] {
        var results = [Result<HTTPResponse, HTTPError>](
            repeating: .failure(.timedOut("not begun before the deadline")),
            count: requests.count
        )
        var waiting = requests.indices.makeIterator()
        var running: [(index: Int, transfer: Transfer)] = []
        while true {
            while running.count < max(1, limit), let index = waiting.next() {
                running.append((index, start(requests[index], before: deadline, sink: nil)))
            }
            if running.isEmpty { return results }
            advance(running.map(\.transfer))
            for (index, transfer) in running where transfer.isFinished { results[index] = finish(transfer) }
            running.removeAll { $0.transfer.isFinished }
        }
    }

    private func start(
        _ request: HTTPRequest,
        before deadline: Deadline?,
        sink: (any ResponseSink)?
    ) -> Transfer {
        let transfer = idleTransfers.popLast() ?? Transfer()
        do throws(HTTPError) {
            try transfer.prepare(request, configuration: configuration, before: deadline, sink: sink)
            try multi.add(transfer)
        } catch {
            transfer.fail(error)
        }
        return transfer
    }

    /// Moves everything in flight on, waiting when there was nothing to do, and feeds sinks outside libcurl's callbacks.
    private func advance(_ transfers: [Transfer]) {
        guard multi.perform() else {
            for transfer in transfers { transfer.fail(.connectionLost("libcurl cannot go on")) }
            return
        }
        var hasDelivered = false
        for transfer in transfers where transfer.deliver() { hasDelivered = true }
        if !hasDelivered, !transfers.contains(where: \.isFinished) { multi.wait() }
    }

    private func finish(_ transfer: Transfer) -> Result<HTTPResponse, HTTPError> {
        multi.remove(transfer)
        let result = transfer.takeResult()
        idleTransfers.append(transfer)
        return result
    }
}
