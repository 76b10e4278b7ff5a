import HTTP
package import JSON
package import Time
import Web

/// Functions in Lambda.
package struct Lambda {
    let client: AWSClient

    /// Creates a client of Lambda.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// Invokes a function and waits for its answer.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    ///
    /// - Returns: what the function answered, or its own words for why it failed.
    package func invoke(
        _ function: String,
        with event: JSONValue,
        before deadline: Deadline
    ) throws(AWSError) -> Result<JSONValue, FunctionError> {
        let call = AWSCall(
            service: .lambda,
            operation: "Invoke",
            resource: .path("/2015-03-31/functions/\(function.percentEncoded())/invocations"),
            headers: ["Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse"],
            body: Array(event.serialized().utf8),
            timeout: nil
        )
        let response = try client.send(call, before: deadline)
        guard let answer = try? JSONValue(parsing: response.body) else {
            let text = String(decoding: response.body.prefix(200), as: UTF8.self)
            return .failure(FunctionError(message: text.isEmpty ? "it answered nothing" : text))
        }
        let message = answer["errorMessage"]?.string
        guard response.headers["X-Amz-Function-Error"] == nil, message == nil else {
            return .failure(FunctionError(message: message ?? "it did not say why"))
        }
        return .success(answer)
    }
}

/// The reason of a function's failure, in its own words.
package struct FunctionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The function's words.
    package let message: String

    /// The error as text.
    package var description: String { message }
}
