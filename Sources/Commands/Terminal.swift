import Glibc
import System

/// Writes a command's messages and progress to standard error, apart from its result.
package struct Terminal {
    private static let eraseLine = "\r\u{1B}[K"

    private let showsProgress = isatty(STDERR_FILENO) == 1

    package init() {}

    package func say(_ line: String) {
        StandardStream.error.write((showsProgress ? Self.eraseLine : "") + "athena-alerter: \(line.printable)\n")
    }

    /// Removes the progress, so that a part of the result can follow.
    package func endProgress() {
        if showsProgress { StandardStream.error.write(Self.eraseLine) }
    }

    /// Shows progress on a line that the next one replaces, when standard error is a terminal.
    package func progress(_ text: String) {
        if showsProgress { StandardStream.error.write(Self.eraseLine + text.printable) }
    }
}
