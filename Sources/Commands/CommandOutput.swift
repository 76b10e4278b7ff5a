import System

/// The output of a command: its result on standard output, all else on standard error.
package enum CommandOutput {
    /// Writes a result.
    ///
    /// - Returns: the exit status: 0, or 1 when standard output cannot be written.
    package static func write(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { isWritten(UnsafeRawBufferPointer($0)) ? 0 : 1 }
    }

    /// Writes a part of a result.
    ///
    /// - Returns: whether it was written.
    package static func isWritten(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let reason = StandardStream.output.write(text) else { return true }
        return fail("standard output: \(reason)", status: 1) == 0
    }

    /// Writes a reason for a failure.
    ///
    /// - Returns: the exit status that was given.
    package static func fail(_ reason: String, status: Int32) -> Int32 {
        warn(reason)
        return status
    }

    /// Writes a warning.
    package static func warn(_ problem: String) {
        StandardStream.error.write("athena-alerter: \(problem.printable)\n")
    }
}
