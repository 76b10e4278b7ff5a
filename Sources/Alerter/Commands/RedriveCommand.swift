import AWS
import Assembly
import Commands
import System

/// `athena-alerter redrive`: returns the failed messages and events of a stack to their queues and functions.
struct RedriveCommand {
    let isRehearsal: Bool
    let stack: String

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        isRehearsal = options.takeFlag("--dry-run")
        guard let stack = try options.operands(atMost: 1).first else {
            throw WrongUsage("redrive: the name of a stack is missing")
        }
        self.stack = stack
    }

    /// Shows the failed messages and events, redrives them, and returns the exit status: 0 when none stays.
    func run(_ phase: InitPhase) throws -> Int32 {
        let terminal = Terminal()
        let redrive = Redrive(
            cloudFormation: CloudFormation(phase.aws),
            sqs: SQS(phase.aws),
            lambda: Lambda(phase.aws),
            pause: Pause.sleep
        )
        let stack = try redrive.stack(stack)
        let letters = try redrive.deadLetters(of: stack)
        let events = try redrive.failedEvents(of: stack)
        try say("DeadLetters: about \(letters.waiting) messages wait to go back to their queue\(letters.hiddenNote)")
        try say("FailedEvents: about \(events.waiting) events wait for their functions\(events.hiddenNote)")
        guard !isRehearsal else { return 0 }
        if letters.waiting > 0 {
            let moved = try redrive.moveDeadLetters(letters) { terminal.progress("\($0) moved") }
            try say("DeadLetters: about \(moved) moved")
        }
        return try invoke(events.waiting, redrive, stack, terminal)
    }

    private func invoke(_ count: Int, _ redrive: Redrive, _ stack: Redrive.Stack, _ terminal: Terminal) throws -> Int32
    {
        var succeeded = 0
        var needless = 0
        var left = 0
        try redrive.invokeFailedEvents(of: stack, count: count) { outcome in
            switch outcome {
            case .succeeded: succeeded += 1
            case .needless: needless += 1
            case .left(let reason):
                left += 1
                terminal.say("FailedEvents: an event stays: \(reason)")
            }
            terminal.progress("\(succeeded + needless + left) of \(count)")
            return true
        }
        if count > 0 {
            try say(
                "FailedEvents: \(succeeded) succeeded now, \(needless) deleted that a later tick made needless, \(left) left"
            )
        }
        return left == 0 ? 0 : 1
    }

    private func say(_ line: String) throws(OutputClosed) {
        if let problem = StandardStream.output.write(line + "\n") { throw OutputClosed(description: problem) }
    }

    private struct OutputClosed: Error, CustomStringConvertible {
        let description: String
    }
}

extension SQS.State {
    /// The messages that another consumer holds at the moment, if any.
    fileprivate var hiddenNote: String { hidden > 0 ? ", \(hidden) more are hidden for a while" : "" }
}
