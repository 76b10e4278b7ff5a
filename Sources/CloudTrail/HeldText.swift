/// A text that may cross windows: its part in earlier windows, up to a limit.
struct HeldText {
    /// CloudTrail's own limit is 256 KB a record; a text longer than this is not held.
    /// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    private static let maximumLength = 4 << 20

    /// Empty for a text that is too long.
    private var earlier: [UInt8] = []
    private var isTooLong = false

    /// Keeps the part of the text in a window that ends before the text does.
    mutating func keep(_ piece: UnsafeRawBufferPointer) {
        isTooLong = isTooLong || earlier.count + piece.count > Self.maximumLength
        if isTooLong {
            earlier = []
        } else {
            earlier.append(contentsOf: piece)
        }
    }

    /// Hands over the whole text, nil when it is too long, and forgets it.
    mutating func take(endingWith end: UnsafeRawBufferPointer, _ use: (UnsafeRawBufferPointer?) -> Void) {
        if earlier.isEmpty, !isTooLong { return use(end) }
        keep(end)
        if isTooLong { use(nil) } else { earlier.withUnsafeBytes { use($0) } }
        forget()
    }

    mutating func forget() {
        if !earlier.isEmpty { earlier.removeAll(keepingCapacity: true) }
        isTooLong = false
    }
}
