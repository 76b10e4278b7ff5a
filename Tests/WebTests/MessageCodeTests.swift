import Testing
import Web

@Suite struct MessageCodeTests {
    // RFC 4231, test case 2.
    @Test func aCodeIsThatOfTheStandard() {
        let code = MessageCode(of: "what do ya want for nothing?", key: "Jefe")
        #expect(code.hexadecimal == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(code.matches(code.hexadecimal))
    }

    @Test(arguments: ["", "5b", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844", "é"])
    func anotherTextDoesNotMatch(_ text: String) {
        #expect(!MessageCode(of: "what do ya want for nothing?", key: "Jefe").matches(text))
    }
}
