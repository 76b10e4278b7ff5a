extension Collection {
    /// This collection in pieces of a length, in order; the last may be shorter.
    ///
    /// - Parameter length: the length of a piece, at least 1.
    package func chunks(of length: Int) -> [SubSequence] {
        var chunks: [SubSequence] = []
        var rest = self[...]
        while !rest.isEmpty {
            chunks.append(rest.prefix(Swift.max(1, length)))
            rest = rest.dropFirst(Swift.max(1, length))
        }
        return chunks
    }
}
