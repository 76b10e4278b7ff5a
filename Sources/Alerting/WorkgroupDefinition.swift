package import JSON

/// Athena's description of a workgroup, as far as hints need it.
///
/// https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html
package struct WorkgroupDefinition: Sendable, Equatable {
    package let name: String
    /// Whether there is a limit on the bytes that one query may scan.
    package let hasLimit: Bool
}

extension WorkgroupDefinition: JSONReadable {
    /// Reads Athena's answer.
    package init(json: JSONValue) throws(JSONError) {
        name = try json.required("WorkGroup", "Name")
        let configuration: JSONValue = try json.required("WorkGroup", "Configuration")
        let limit: Int64? = try configuration.optional("BytesScannedCutoffPerQuery")
        hasLimit = limit != nil
    }
}
