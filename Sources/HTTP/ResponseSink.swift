/// Takes the body of a successful answer as it arrives.
package protocol ResponseSink: AnyObject {
    /// An answer begins: whatever an earlier, broken attempt delivered is void.
    func begin()

    /// Takes the next bytes, which are valid only during the call. May itself make requests.
    ///
    /// - Returns: whether to go on; false ends the transfer with ``HTTPError/refusedBySink``.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}
