package import JSON

/// A batch of a queue's messages as Lambda delivers it.
package struct QueueBatch: JSONReadable {
    /// The messages.
    package let messages: [Message]

    /// Reads an event.
    ///
    /// - Throws: ``JSONError`` that names the member which is missing or of another type.
    package init(json: JSONValue) throws(JSONError) {
        messages = try json.required("Records")
    }

    /// One message.
    package struct Message: JSONReadable {
        /// The queue's id of the message.
        package let id: String
        /// The message itself.
        package let body: String

        /// Reads a record of an event.
        package init(json: JSONValue) throws(JSONError) {
            id = try json.required("messageId")
            body = try json.required("body")
        }
    }

    /// The answer that returns some messages to the queue; Lambda deletes the others.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    package static func answer(failedMessageIDs: [String]) -> JSONValue {
        let failures = failedMessageIDs.map { JSONValue.object([.init("itemIdentifier", .string($0))]) }
        return .object([.init("batchItemFailures", .array(failures))])
    }
}
