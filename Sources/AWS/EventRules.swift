import JSON
package import Time

/// Rules of EventBridge.
package struct EventRules {
    private let client: AWSClient

    /// Creates a client of EventBridge.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// Whether a rule of the default bus is enabled.
    ///
    /// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
    package func isEnabled(_ name: String, before deadline: Deadline) throws(AWSError) -> Bool {
        let call = AWSCall.json(.eventBridge, "DescribeRule", ["Name": .string(name)])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            let state: String = try answer.required("State")
            return state.hasPrefix("ENABLED")
        }
    }
}
