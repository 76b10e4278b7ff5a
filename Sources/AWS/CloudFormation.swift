package import Time

/// Stacks, their outputs and their resources.
package struct CloudFormation {
    private static let version = "2010-05-15"

    private let client: AWSClient

    /// Creates a client of CloudFormation.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A stack as CloudFormation describes it.
    package struct Stack: Sendable, Equatable {
        /// The status, such as `UPDATE_COMPLETE`.
        package let status: String
        /// The outputs by name.
        package let outputs: [String: String]
        /// The parameters by name.
        package let parameters: [String: String]

        /// Creates a stack.
        package init(status: String, outputs: [String: String], parameters: [String: String]) {
            self.status = status
            self.outputs = outputs
            self.parameters = parameters
        }
    }

    /// Describes a stack.
    ///
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    package func stack(_ name: String, before deadline: Deadline) throws(AWSError) -> Stack {
        let call = AWSCall.query(.cloudFormation, "DescribeStacks", version: Self.version, [("StackName", name)])
        let answer = try client.send(call, before: deadline).document(of: call)
        return Stack(
            status: answer.first("StackStatus")?.text ?? "",
            outputs: answer.pairs("Outputs", name: "OutputKey", value: "OutputValue"),
            parameters: answer.pairs("Parameters", name: "ParameterKey", value: "ParameterValue")
        )
    }

    /// A stack's outputs by name.
    package func outputs(
        ofStack name: String,
        before deadline: Deadline
    ) throws(AWSError) -> [String: String] {
        try stack(name, before: deadline).outputs
    }

    /// The physical ids of a stack's resources by their logical ids.
    ///
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
    package func resources(
        ofStack name: String,
        before deadline: Deadline
    ) throws(AWSError) -> [String: String] {
        let parameters = [("StackName", name)]
        let call = AWSCall.query(.cloudFormation, "DescribeStackResources", version: Self.version, parameters)
        let answer = try client.send(call, before: deadline).document(of: call)
        return answer.pairs("StackResources", name: "LogicalResourceId", value: "PhysicalResourceId")
    }
}

extension XMLElement {
    /// The members of a list that have a name and a value.
    fileprivate func pairs(_ list: String, name: String, value: String) -> [String: String] {
        let pairs = (first(list)?.all("member") ?? []).compactMap { member in
            member[name].flatMap { name in member[value].map { (name.text, $0.text) } }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
