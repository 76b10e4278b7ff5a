import Querying

/// The form in which an alert shows a query's SQL.
package enum SQLDisplay: String, Sendable, CaseIterable {
    /// Without texts, numbers and comments.
    case masked
    /// As it was run.
    case full
    /// Not at all.
    case none

    /// The SQL in this form, nil for none.
    package func form(of sql: String) -> String? {
        switch self {
        case .masked: MaskedSQL.mask(sql)
        case .full: sql
        case .none: nil
        }
    }
}
