/// The contract that `query_api` serves: `openapi.json`, which the build embeds.
enum OpenAPIDocument {
    /// The member of the file that the operator's settings replace.
    static let defaultLimit = #""maximum": \#(QueryAPISettings.defaultLongestRetention)"#

    /// The document.
    ///
    /// - Parameter longestRetention: the operator's limit in minutes.
    static func text(longestRetention: Int64) -> String {
        String(decoding: PackageResources.openapi_json, as: UTF8.self)
            .replacing(defaultLimit, with: #""maximum": \#(longestRetention)"#)
    }
}
