import Foundation
import System
import Testing

@Suite struct EnvironmentTests {
    @Test func anEmptyVariableCountsAsNotSet() {
        let environment = Environment(["SET": "value", "EMPTY": "", "SPACE": " "])
        #expect(environment["SET"] == "value")
        #expect(environment["EMPTY"] == nil && environment["MISSING"] == nil)
        #expect(environment["SPACE"] == " ")
    }

    @Test func aLiteralIsAnEnvironment() {
        let environment: Environment = ["A": "1", "B": "2"]
        #expect(environment == Environment(["A": "1", "B": "2"]))
        #expect(environment["a"] == nil)
    }

    @Test func theFirstOfTwoEqualNamesCounts() {
        let environment: Environment = ["A": "first", "A": "second"]
        #expect(environment["A"] == "first")
    }

    @Test func theProcessHasItsVariables() {
        #expect(Environment.process() == Environment(ProcessInfo.processInfo.environment))
        #expect(Environment.process()["PATH"] != nil)
    }
}
