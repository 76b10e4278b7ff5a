import Commands
import Testing

@testable import Alerter

@Suite struct RedriveCommandTests {
    private func command(_ words: [String]) throws -> RedriveCommand {
        try RedriveCommand(Options(words, command: "redrive"))
    }

    @Test func aStackIsNamed() throws {
        let command = try command(["--dry-run", "alerts"])
        #expect(command.stack == "alerts" && command.isRehearsal)
    }

    @Test(arguments: [
        ([], "redrive: the name of a stack is missing"), (["a", "b"], "redrive: unexpected argument 'b'"),
    ])
    func anotherNumberOfStacksIsRefused(_ words: [String], _ problem: String) {
        let error = #expect(throws: WrongUsage.self) { try command(words) }
        #expect(error?.description == problem)
    }
}
