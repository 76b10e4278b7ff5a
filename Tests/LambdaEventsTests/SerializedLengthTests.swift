import JSON
import LambdaEvents
import Testing

@Suite struct SerializedLengthTests {
    @Test(
        arguments: [
            .null, true, 7, -0.5, "", "a\"\\\n\r\t\u{0}\u{1F}\u{7F}ü漢🙂", "\u{FFFD}\u{FFFE}\u{FFFF}\u{BF}\u{FBF}", [],
            [1, "x", []],
            .object([]), ["a\"": ["b": [.null]], "c": .number(.infinity)], .number(1e300), .integer(.min),
        ] as [JSONValue]
    )
    func theLengthIsThatOfTheText(_ value: JSONValue) {
        #expect(value.serializedLength == value.serialized().utf8.count)
    }
}
