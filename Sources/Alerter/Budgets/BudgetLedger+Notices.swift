import AWS
import Alerting
import Time

/// A step of a budget that a target has to hear of.
struct BudgetNotice {
    let sum: BudgetSum
    let target: AlertTarget
    let step: Int64
}

extension BudgetLedger {
    /// The answer to a claim of a notice.
    enum Claim: Equatable {
        /// The caller may send the notice until the claim ends; the token releases it.
        case granted(token: AttributeValue)
        /// The target has heard of this step, or of a higher one.
        case alreadyTold
        /// Another invocation is sending this step or a higher one, and its message returns if it fails.
        case sentElsewhere
        /// Another invocation is sending a lower step.
        case held
    }

    /// Claims a notice, so that of two invocations that see the same step one sends it.
    ///
    /// - Parameters:
    ///   - notice: the notice.
    ///   - end: the time at which the claim ends by itself.
    func claim(_ notice: BudgetNotice, until end: Timestamp, before deadline: Deadline) throws(AWSError) -> Claim {
        let target = notice.target
        let token = AttributeValue.leaseToken(until: end)
        let written = try write(
            "SET #until = :token, #claimed = :step",
            notice,
            condition: "(attribute_not_exists(#told) OR #told < :step) AND "
                + "(attribute_not_exists(#until) OR #until < :now)",
            values: [
                ":token": token, ":step": .integer(notice.step), ":now": .integer(Timestamp.now.millisecondsSince1970),
            ],
            before: deadline
        )
        if written == .written { return .granted(token: token) }
        let item = try dynamoDB.getItem(
            Item(notice.sum.key),
            table: table,
            attributes: [
                BudgetAttribute.told(target), BudgetAttribute.claimedUntil(target), BudgetAttribute.claimedStep(target),
            ],
            before: deadline
        )
        if let told = item?[BudgetAttribute.told(target)]?.integer, told >= notice.step { return .alreadyTold }
        // The write may have been retried after its answer was lost: then the claim that refused it is its own.
        if item?[BudgetAttribute.claimedUntil(target)] == token { return .granted(token: token) }
        let claimed = item?[BudgetAttribute.claimedStep(target)]?.integer ?? 0
        return claimed >= notice.step ? .sentElsewhere : .held
    }

    /// Records that a target has heard of a step.
    ///
    /// - Parameter endsClaim: whether the claim of the notice ends. A record that comes late has none anymore: the claim on
    ///   the item is then that of another invocation for a higher step.
    func record(
        _ notice: BudgetNotice,
        at time: Timestamp,
        endsClaim: Bool,
        before deadline: Deadline
    ) throws(AWSError) {
        _ = try write(
            "SET #told = :step, #at = :time" + (endsClaim ? " REMOVE #until, #claimed" : ""),
            notice,
            condition: "attribute_not_exists(#told) OR #told < :step",
            values: [":step": .integer(notice.step), ":time": AlertLedger.time(time)],
            before: deadline
        )
    }

    /// Releases a claim, because the notice did not go out; does nothing when another invocation holds it by now.
    func release(_ notice: BudgetNotice, token: AttributeValue, before deadline: Deadline) throws(AWSError) {
        _ = try write(
            "REMOVE #until, #claimed",
            notice,
            condition: "#until = :token",
            values: [":token": token],
            before: deadline
        )
    }

    private func write(
        _ expression: String,
        _ notice: BudgetNotice,
        condition: String,
        values: Item,
        before deadline: Deadline
    ) throws(AWSError) -> DynamoDB.WriteOutcome {
        let names = [
            "#until": BudgetAttribute.claimedUntil(notice.target),
            "#claimed": BudgetAttribute.claimedStep(notice.target),
            "#told": BudgetAttribute.told(notice.target), "#at": BudgetAttribute.toldAt(notice.target),
        ]
        let write = DynamoDB.Write.update(
            Item(notice.sum.key),
            table: table,
            expression,
            condition: condition,
            // DynamoDB refuses a name that no expression uses.
            names: names.filter { (expression + condition).contains($0.key) },
            values: values
        )
        return try dynamoDB.write(write, before: deadline)
    }
}
