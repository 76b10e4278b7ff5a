package import JSONFixture

/// Refusals of a service that name no known error.
package enum RefusalFixture {
    /// The statuses of errors that another attempt does not mend.
    package static let permanentStatuses = [301, 302, 400, 404, 418]

    package static let statuses = permanentStatuses + [500, 503]

    package static let bodies: [TestInput] = [
        "", "x", "{}", "[]", #"{"__type": 7, "message": []}"#,
        TestInput(#"{"__type": "\u0000\n", "Message": ""# + String(repeating: "x", count: 100_000) + #""}"#), "<Error>",
    ]
}
