import Alerting
import Assembly
import Commands
import Time

/// `athena-alerter doctor`: says of a running alerter, line by line, what is well and what is not.
struct DoctorCommand {
    let stack: String
    /// The receiver of a test alert; nil for none.
    let receiver: People.Receiver?

    /// Reads the arguments after the command's name.
    init(_ options: Options) throws(WrongUsage) {
        var options = options
        receiver = try options.takeValue("--send").map { text throws(WrongUsage) in
            guard let receiver = People.Receiver(text) else {
                throw WrongUsage("doctor: --send: expected an address, a Slack id or a #channel, found '\(text)'")
            }
            return receiver
        }
        guard let stack = try options.operands(atMost: 1).first else {
            throw WrongUsage("doctor: the name of a stack is missing")
        }
        self.stack = stack
    }

    /// Prints the findings, and returns the exit status: 0 only if all is well.
    func run(_ alerter: AlerterSystem, _ phase: InitPhase) throws -> Int32 {
        var status: Int32 = 0
        let doctor = Doctor(stackName: stack, settings: alerter.settings, phase: phase, now: .now) { finding in
            let written = CommandOutput.write(finding.text)
            status = max(status, written, finding.isWell ? 0 : 1)
        }
        try doctor.examine()
        if let receiver { doctor.sendTest(to: receiver) }
        return status
    }
}
