import Cinflate

/// Inflates raw deflate data (RFC 1951) that comes in pieces, in memory that does not grow with it.
package struct Inflater: ~Copyable {
    /// The C library that inflates.
    package enum Library: Sendable, CaseIterable {
        /// Is there in every build.
        case zlib
        /// Takes half the time, and is there where the build found it.
        case isal

        /// The libraries that are there.
        package static let present = allCases.filter { Cinflate_has($0.number) }
        /// The fastest library that is there.
        package static let fastest: Library = Cinflate_has(CINFLATE_ISAL) ? .isal : .zlib

        fileprivate var number: Cinflate_library {
            switch self {
            case .zlib: CINFLATE_ZLIB
            case .isal: CINFLATE_ISAL
            }
        }
    }

    /// The state after a step.
    package enum Outcome: Sendable {
        /// More input is needed, or another window.
        case goesOn
        /// The data has ended.
        case ended
        /// The bytes are no deflate data.
        case invalid
    }

    /// The CRC-32 of all unpacked data.
    package var checksum: UInt32 { Cinflate_checksum(state) }

    private let memory: UnsafeMutableRawPointer
    private var state: OpaquePointer { OpaquePointer(memory) }

    package init(_ library: Library) {
        memory = .allocate(byteCount: Cinflate_state_length(), alignment: 16)
        Cinflate_start(state, library.number)
    }

    deinit {
        Cinflate_finish(state)
        memory.deallocate()
    }

    /// Prepares for other data.
    package mutating func restart() { Cinflate_restart(state) }

    /// Inflates until the input is used up, the window is full, or the data ends.
    ///
    /// - Returns: the number of bytes of input that were used, the number of bytes written, and the outcome. At the end of
    ///   the data, the first number is negative when earlier steps took bytes behind the end in advance.
    package mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        into window: UnsafeMutableRawBufferPointer
    ) -> (used: Int, unpacked: Int, outcome: Outcome) {
        let step = Cinflate_inflate(state, input.baseAddress, input.count, window.baseAddress, window.count)
        let outcome: Outcome =
            switch step.outcome {
            case CINFLATE_GOES_ON: .goesOn
            case CINFLATE_ENDED: .ended
            default: .invalid
            }
        return (step.used, step.unpacked, outcome)
    }
}
