import Glibc

/// Waiting without doing anything.
package enum Pause {
    /// Suspends the thread for a time; none when that is zero or negative.
    package static func sleep(_ duration: Duration) {
        guard duration > .zero else { return }
        let (seconds, attoseconds) = duration.components
        var remaining = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var asked = remaining
        // A signal ends it early.
        while nanosleep(&asked, &remaining) != 0, errno == EINTR { asked = remaining }
    }
}
