import AWS
import Testing

@Suite struct QueryExecutionStateTests {
    @Test(arguments: [
        ("QUEUED", QueryExecution.State.queued, false), ("RUNNING", .running, false), ("SUCCEEDED", .succeeded, true),
        ("FAILED", .failed, true), ("CANCELLED", .cancelled, true), ("PAUSED", .unknown("PAUSED"), true),
        ("", .unknown(""), true), ("running", .unknown("running"), true),
    ])
    func everyStateKeepsItsText(_ text: String, _ state: QueryExecution.State, _ isFinal: Bool) {
        #expect(QueryExecution.State(text) == state && state.text == text && "\(state)" == text)
        #expect(state.isFinal == isFinal)
    }
}
