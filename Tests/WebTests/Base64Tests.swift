import Testing
import Web

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("w7w=", "ü"), ("Pz8/fn5+", "???~~~"), ("AA==", "\u{0}"), ("AAAA", "\u{0}\u{0}\u{0}"),
    ])
    func paddedTextIsDecoded(_ text: String, _ decoded: String) {
        #expect(Base64.decoded(text) == Array(decoded.utf8))
    }

    @Test(arguments: [
        "a*b=", "Zg", "Zm8", "Z", "Zg=", "Zg===", "====", "=", "==", "Z===", "Zg==Zg==", "=Zg=", "Z=g=", "Zm9v=",
        " Zm9v", "Zm9v\n", "Zm 9v", "    ", "Zm9v----", "Zm9v-w==", "Zm9_", "Zm9v\u{0}\u{0}\u{0}\u{0}", "Zm9é",
    ])
    func anythingElseIsRefused(_ text: String) {
        #expect(Base64.decoded(text) == nil)
    }

    @Test func allBytesComeBack() {
        let text = String(repeating: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g/v8=", count: 1)
        #expect(Base64.decoded(text) == Array(0...32) + [254, 255])
    }
}
