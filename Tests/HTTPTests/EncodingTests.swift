import HTTP
import Testing

@Suite struct EncodingTests {
    @Test func everyByteButTheUnreservedIsEncoded() {
        #expect("aZ09-._~ +/=é".percentEncoded() == "aZ09-._~%20%2B%2F%3D%C3%A9")
        #expect("a/b c".percentEncoded(keepingSlashes: true) == "a/b%20c")
    }

    @Test(arguments: [
        ("a+b%20c", "a b c"), ("k%3Dv%2Fw", "k=v/w"), ("%C3%A9", "é"), ("plain", "plain"), ("", ""), ("%2B", "+"),
    ])
    func formsAreDecodedOnce(_ encoded: String, _ decoded: String) {
        #expect(encoded.formDecoded == decoded)
    }

    @Test(arguments: ["%", "%4", "%zz", "%+1", "%FF"])
    func whatNoFormEncodesIsRefused(_ text: String) {
        #expect(text.formDecoded == nil)
    }

    @Test func headerNamesCompareWithoutCase() {
        var headers: HTTPHeaders = ["Content-Type": "a"]
        headers.append("content-type", "b")
        #expect(headers["CONTENT-TYPE"] == "a")
        headers["Content-type"] = "c"
        #expect(headers.map(\.value) == ["c"])
    }

    @Test func datesOfHeaderFieldsAreRead() {
        #expect(HTTPDate.secondsSince1970("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.secondsSince1970("yesterday or so") == nil)
    }
}
