import HTTP
import Testing
import Web

@Suite struct HeaderTests {
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
