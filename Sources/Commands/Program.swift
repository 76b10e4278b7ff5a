/// The program itself.
package enum Program {
    /// The version. The stack of the alerter names it in an output.
    package static let version = "0.1.0"
}
