import JSON
import Testing

@testable import Queries

@Suite struct APIRequestBodyTests {
    private func body(_ text: String) throws(QueryFailure) -> APIRequestBody {
        try APIRequestBody(Array(text.utf8), members: ["a", "b"])
    }

    @Test(
        arguments: [
            (#"{"a":"x"}"#, "x"), (#"{"b":"x"}"#, "x"), (#"{"a":null}"#, nil), ("{}", nil),
        ] as [(String, String?)]
    )
    func aMemberMayHaveTwoNames(_ text: String, _ expected: String?) throws {
        #expect(try body(text).text("a", "b") == expected)
    }

    @Test(arguments: [#"{"a":10}"#, #"{"a":10.0}"#, #"{"b":1e1}"#])
    func aWholeNumberMayBeWrittenInAnyWay(_ text: String) throws {
        #expect(try body(text).number("a", "b", in: 1...10) == 10)
    }

    @Test(arguments: [
        ("", "the body is"), ("[]", "the body is an array, and not an object"),
        (#"{"c":1}"#, "there is no member 'c'; there are a, b"),
        (#"{"a":1,"b":2}"#, "expected one of a, b, found both"),
        (#"{"a":11}"#, "a: expected a whole number from 1 to 10, found 11"),
        (#"{"a":"1"}"#, #"a: expected a whole number from 1 to 10, found "1""#),
        (#"{"a":1.5}"#, "a: expected a whole number from 1 to 10, found 1.5"),
    ])
    func aMistakeIsNamedWithTheValueThatWasFound(_ text: String, _ problem: String) {
        #expect {
            _ = try body(text).number("a", "b", in: 1...10)
        } throws: { error in
            if case .invalidRequest(let message) = (error as? QueryFailure)?.reason {
                message.contains(problem)
            } else {
                false
            }
        }
    }
}
