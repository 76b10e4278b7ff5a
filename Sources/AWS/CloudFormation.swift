package import Time

/// Stacks and their outputs.
package struct CloudFormation {
    private let client: AWSClient

    /// Creates a client of CloudFormation.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A stack's outputs by name.
    ///
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    package func outputs(
        ofStack name: String,
        before deadline: Deadline
    ) throws(AWSError) -> [String: String] {
        let call = AWSCall.query(.cloudFormation, "DescribeStacks", version: "2010-05-15", [("StackName", name)])
        let answer = try client.send(call, before: deadline).document(of: call)
        let outputs = answer.first("Outputs")?.all("member") ?? []
        let pairs = outputs.compactMap { output in
            output["OutputKey"].flatMap { key in output["OutputValue"].map { (key.text, $0.text) } }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
