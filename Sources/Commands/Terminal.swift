import Glibc
import System

/// What a command tells whoever runs it, besides its result: on standard error, a line each.
package struct Terminal {
    private static let eraseLine = "\r\u{1B}[K"

    private let showsProgress = isatty(STDERR_FILENO) == 1

    /// Creates the terminal that standard error may be.
    package init() {}

    /// Writes a line.
    package func say(_ line: String) {
        StandardStream.error.write((showsProgress ? Self.eraseLine : "") + "athena-alerter: \(line.printable)\n")
    }

    /// Shows how far the work is, on a line that the next one replaces; only where somebody may look on.
    package func progress(_ text: String) {
        if showsProgress { StandardStream.error.write(Self.eraseLine + text.printable) }
    }
}
