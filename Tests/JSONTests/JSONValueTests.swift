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

    @Test(arguments: [
        ("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\n"#), ("\u{1F}", #"\u001f"#), ("\u{7F}", #"\u007f"#),
        ("\u{FFFF}", #"\uffff"#),
        (" ", " "), ("~", "~"), ("\u{80}", "\u{80}"), ("\u{FF66}", "\u{FF66}"), ("\u{FFFD}", "\u{FFFD}"),
    ])
    func aCharacterIsWrittenAsItMustBeWhereverItStands(_ character: String, _ written: String) {
        for before in 0...40 {
            for after in 0...40 {
                let (start, end) = (String(repeating: "a", count: before), String(repeating: "b", count: after))
                #expect(JSONValue.string(start + character + end).serialized() == "\"\(start)\(written)\(end)\"")
            }
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
        #expect(value == ["b": [1, -2.5, "é", false, .null], "a": [:]])
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{FFFD}"),
        (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\n""#, "\u{FFFD}\n"),
        ("\"é€😀\"", "é€😀"),
    ])
    func textsAreRead(_ document: String, _ text: String) throws {
        #expect(try JSONValue(parsing: document.utf8) == .string(text))
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)), ("1e2", .number(100)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-1.5E-1", .number(-0.15)),
            ("1.0", .number(1)),
        ] as [(String, JSONValue)]
    )
    func numbersAreRead(_ document: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: document.utf8) == value)
    }

    @Test(arguments: [
        ("", "line 1, column 1: a value is missing"),
        ("{\n  \"a\": 1,\n}", "line 3, column 1: expected a name in quotes"),
        ("{\"a\" 1}", "line 1, column 6: expected ':'"),
        ("[1 2]", "line 1, column 4: expected ',' or ']'"),
        ("[1,]", "line 1, column 4: unexpected ']'"),
        ("{\"a\":1", "line 1, column 7: expected ',' or '}'"),
        ("{}x", "line 1, column 3: unexpected 'x' after the end of the document"),
        ("nul", "line 1, column 1: unexpected 'n'"),
        ("01", "line 1, column 1: unexpected '0'"), ("-", "line 1, column 1: unexpected '-'"),
        ("1.", "line 1, column 1: unexpected '1'"), ("+1", "line 1, column 1: unexpected '+'"),
        ("\"a", "line 1, column 1: a string without its closing quote"),
        ("\"\\", "line 1, column 3: a string without its closing quote"),
        ("\"\\x\"", "line 1, column 3: expected an escape of JSON, found 'x'"),
        ("\"\\u12g4\"", "line 1, column 4: expected four hexadecimal digits"),
        ("\"\n\"", "line 1, column 2: a control character in a string"),
        ("\u{1B}", "line 1, column 1: unexpected byte 0x1b"),
        (String(repeating: "[", count: 1_000_000), "line 1, column 513: nested deeper than 512 levels"),
    ])
    func anErrorNamesLineAndColumn(_ text: String, _ reason: String) {
        #expect(throws: JSONError.invalid(reason)) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    /// Compares the parser with Foundation's, over a document and damaged copies of it.
    @Test func itReadsWhatFoundationReads() throws {
        let document = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null,"c":[true,false]}],"d":"😀","e":{}}"#.utf8)
        var agreed = 0
        for index in document.indices {
            for byte in Array(#"{}[],:"\0x-é"#.utf8) + [0x00, 0xFF] {
                var damaged = document
                damaged[index] = byte
                let options: JSONSerialization.ReadingOptions = .fragmentsAllowed
                let foundation = try? JSONSerialization.jsonObject(with: Data(damaged), options: options)
                let own = try? JSONValue(parsing: damaged)
                // Foundation accepts trailing commas and some control characters, which RFC 8259 forbids.
                if own != nil { #expect(foundation != nil, "\(String(decoding: damaged, as: UTF8.self))") }
                agreed += (own == nil) == (foundation == nil) ? 1 : 0
            }
        }
        #expect(agreed > document.count * 12)
    }
}
