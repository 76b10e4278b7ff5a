import HTTP

/// The text of a downloaded object.
final class TextSink: ResponseSink {
    private(set) var text = ""

    func begin() { text = "" }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        text += String(decoding: bytes, as: UTF8.self)
        return true
    }
}
