import Testing
import Web

@Suite struct PercentEncodingTests {
    @Test func everyByteButTheUnreservedIsEncoded() {
        #expect("aZ09-._~ +/=é".percentEncoded() == "aZ09-._~%20%2B%2F%3D%C3%A9")
        #expect("a/b c".percentEncoded(keepingSlashes: true) == "a/b%20c")
    }

    @Test(arguments: [
        ("a+b%20c", "a b c"), ("k%3Dv%2Fw", "k=v/w"), ("%C3%A9", "é"), ("%c3%a9", "é"), ("plain", "plain"), ("", ""),
        ("%2B", "+"), ("a%00b", "a\u{0}b"), ("%2520", "%20"), ("é", "é"),
    ])
    func formsAreDecodedOnce(_ encoded: String, _ decoded: String) {
        #expect(encoded.formDecoded == decoded)
    }

    @Test(arguments: [("a+b%20c", "a+b c"), ("%2B", "+"), ("", ""), ("%41%00", "A\u{0}")])
    func outsideOfAFormAPlusIsAPlus(_ encoded: String, _ decoded: String) {
        #expect(encoded.percentDecoded == decoded)
        #expect(encoded.dropFirst(0).percentDecoded == decoded)
    }

    @Test(arguments: ["%", "%4", "%zz", "%+1", "% 1", "%-1", "%FF", "%C3", "a%", "%%41", "%4%41", "%0x", "%é"])
    func whatNoFormEncodesIsRefused(_ text: String) {
        #expect(text.formDecoded == nil)
        #expect(text.percentDecoded == nil)
    }

    @Test func parametersAreJoined() {
        #expect([("a", "b c"), ("d+", "")].map { (name: $0, value: $1) }.formEncoded == "a=b%20c&d%2B=")
        #expect([(name: String, value: String)]().formEncoded == "")
    }

    @Test(arguments: 0...255)
    func everyByteComesBack(_ byte: UInt8) throws {
        let text = String(Character(Unicode.Scalar(byte)))
        #expect(text.percentEncoded().percentDecoded == text && text.percentEncoded().formDecoded == text)
    }
}
