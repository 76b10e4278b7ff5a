import Foundation
import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func membersKeepTheirOrder() {
        let value: JSONValue = ["z": 1, "a": [true, .null, 2.5], "m": "x"]
        #expect(value.serialized() == #"{"z":1,"a":[true,null,2.5],"m":"x"}"#)
    }

    @Test func anyTextBecomesValidJSON() throws {
        let scalars = (UInt32(0)...0x2FF).map { $0 } + [0x2028, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]
        for scalar in scalars.compactMap(Unicode.Scalar.init) {
            let text = "a\(Character(scalar))b"
            let serialized = JSONValue.string(text).serialized()
            let parsed = try JSONSerialization.jsonObject(with: Data(serialized.utf8), options: .fragmentsAllowed)
            #expect(parsed as? String == text)
        }
    }

    @Test func theLengthOfACharacterIsWhatItTakes() {
        for scalar in "a\"\\\n\u{1}\u{7F}é€😀\u{FFFF}".unicodeScalars {
            let length = JSONValue.string(String(scalar)).serialized().utf8.count - 2
            #expect(JSONValue.serializedLength(of: scalar) == length)
        }
    }

    @Test func numbersThatJSONLacksBecomeNull() {
        #expect(JSONValue.array([.number(.infinity), .number(.nan)]).serialized() == "[null,null]")
    }

    @Test func aDocumentIsReadAsWritten() throws {
        let value = try JSONValue(parsing: Array(#" {"b":[1,-2.5,"\u00e9",false,null],"a":{}} "#.utf8))
        #expect(value == ["a": [:], "b": [1, -2.5, "é", false, .null]])
    }

    @Test(arguments: ["", "{", "[1 2]", #"{"a":1"#, "{}x", "nul", String(repeating: "[", count: 1_000_000)])
    func whatIsNoJSONIsAnErrorAndNoCrash(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func anErrorNamesTheMember() {
        struct Outer: Decodable {
            let inner: Inner
            struct Inner: Decodable { let number: Int }
        }
        let error = #expect(throws: JSONError.self) {
            try JSON.decode(Outer.self, from: #"{"inner":{"number":"x"}}"#.utf8)
        }
        #expect(error?.description.contains("inner.number") == true)
    }
}
