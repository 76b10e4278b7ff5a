extension AlertText {
    /// The cost in a few words, such as `$2.44`, `about $2.44` or `not billed`.
    package var cost: String {
        switch query.cost {
        case nil: "unknown"
        case .billed(let money, _) where money.amount < 0.005: "less than \(money.currency.sign)0.01"
        case .billed(let money, isEstimate: false): "\(money)"
        case .billed(let money, isEstimate: true): "about \(money)"
        case .free(.provisioned), .free(.spark): "not billed by bytes"
        case .free: "not billed"
        }
    }

    /// The cost with what it leaves out, or with the reason why the query was not billed.
    package var costWithReason: String {
        let remarks = costRemarks
        return remarks.isEmpty ? cost : "\(cost) (\(remarks.joined(separator: "; ")))"
    }

    private var costRemarks: [String] {
        switch query.cost {
        case nil: []
        case .billed: [cancellation, connector].compactMap(\.self)
        case .free(.failed): ["the query failed"]
        case .free(.definition): ["DDL"]
        case .free(.reused): ["an earlier result was reused"]
        case .free(.provisioned): ["provisioned capacity"]
        case .free(.spark): ["Spark, by the time of its DPUs"]
        case .free(.nothingScanned): ["nothing was scanned"]
        }
    }

    /// The charge for a query that was cancelled.
    private var cancellation: String? {
        guard query.state == .cancelled else { return nil }
        let reason = query.stateChangeReason?.lowercased() ?? ""
        // Athena's guide of 2023 says so of its own time limit, and today's does not repeat it.
        let isTimeLimit = reason.contains("timeout") || reason.contains("timed out")
        return isTimeLimit ? "perhaps not billed: a time limit ended it" : "billed although cancelled"
    }

    /// The cost of a connector, which Athena does not tell.
    ///
    /// A catalog with another name is a connector's, another account's, or one of another metastore: the name does not
    /// tell.
    private var connector: String? {
        guard let catalog = query.catalog, !catalog.isEmpty else { return nil }
        let name = catalog.lowercased()
        if name.hasPrefix("lambda:") { return "without the connector's Lambda function" }
        guard name != "awsdatacatalog", !name.hasPrefix("s3tablescatalog") else { return nil }
        return "without Lambda, if \(catalog) is a connector"
    }
}
