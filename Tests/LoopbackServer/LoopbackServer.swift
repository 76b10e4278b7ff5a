import Foundation
import Glibc
import Synchronization
package import Web

/// One request as the server saw it.
package struct ReceivedRequest: Sendable {
    /// Method, target and version.
    package let line: String
    /// Header fields by lower-case name; the last of several wins.
    package let headers: [String: String]
    /// The body.
    package let body: String
}

/// The server's answer to the next request.
package enum Answer: Sendable {
    /// A whole answer with its length.
    case reply(Int, headers: [String: String] = [:], body: String = "")
    /// These bytes as they are, after which the connection closes.
    case raw(String)
    /// Nothing; the connection closes.
    case hangUp
    /// Nothing, ever.
    case silence
}

/// A scripted HTTP server on a loopback port, for tests of clients.
package final class LoopbackServer: Sendable {
    private struct State {
        var answers: [Answer]
        var requests: [ReceivedRequest] = []
        var connections: [Int32] = []
        var isStopped = false
    }

    private let listener: Int32
    private let state: Mutex<State>
    /// The port on 127.0.0.1.
    package let port: Int

    /// Everything received so far.
    package var requests: [ReceivedRequest] { state.withLock { $0.requests } }

    /// The number of connections opened so far.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// The server's address.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// The URL of a path and a query on the server.
    package func at(_ path: String = "/", query: String = "") -> Web.URL {
        Web.URL(origin: Origin(scheme: .http, host: "127.0.0.1", port: UInt16(port)), path: path, query: query)
    }

    private init(_ answers: [Answer]) throws {
        state = Mutex(State(answers: answers))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Runs a server with a script for as long as a function takes; beyond the script it answers 500.
    package static func run<Result>(_ answers: Answer..., use: (LoopbackServer) throws -> Result) throws -> Result {
        try run(answers, use: use)
    }

    /// Serves these answers, one to each request, while `use` runs.
    package static func run<Result>(_ answers: [Answer], use: (LoopbackServer) throws -> Result) throws -> Result {
        let server = try LoopbackServer(answers)
        Thread.detachNewThread { server.acceptConnections() }
        defer { server.stop() }
        return try use(server)
    }

    private func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        // Only shut down here: a number that is closed while its thread still uses it may become another server's.
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func acceptConnections() {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0, !state.withLock({ $0.isStopped }) else { return }
            state.withLock { $0.connections.append(connection) }
            Thread.detachNewThread {
                self.serve(connection)
                shutdown(connection, Int32(SHUT_RDWR))
            }
        }
    }

    private func serve(_ connection: Int32) {
        var received: [UInt8] = []
        while let request = nextRequest(connection, &received) {
            let answer = state.withLock { state in
                state.requests.append(request)
                return state.answers.isEmpty ? .reply(500, body: "the script is over") : state.answers.removeFirst()
            }
            switch answer {
            case .reply(let status, let headers, let body):
                let fields = headers.map { "\($0): \($1)\r\n" }.joined()
                send(connection, "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
            case .raw(let text):
                send(connection, text)
                return
            case .hangUp: return
            case .silence: while !state.withLock({ $0.isStopped }) { usleep(10_000) }
            }
        }
    }

    private func nextRequest(_ connection: Int32, _ received: inout [UInt8]) -> ReceivedRequest? {
        let separator = Array("\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if let end = received.firstRange(of: separator) {
                let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let fields = lines.dropFirst().compactMap { line -> (String, String)? in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    return (line[..<colon].lowercased(), value)
                }
                let headers = Dictionary(fields) { $1 }
                let length = Int(headers["content-length"] ?? "0") ?? 0
                if received.count >= end.upperBound + length {
                    let body = String(decoding: received[end.upperBound..<(end.upperBound + length)], as: UTF8.self)
                    received.removeFirst(end.upperBound + length)
                    return ReceivedRequest(line: lines[0], headers: headers, body: body)
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }

    private func send(_ connection: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
