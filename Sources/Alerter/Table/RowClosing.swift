import AWS
import Alerting
import CloudTrail
import Reporting

/// The end of a row: the change that closes it.
enum RowClosing: Equatable {
    /// Athena reported the end of the query.
    case finished(FinishedQuery)
    /// Athena does not know the query, or no longer.
    case unknown
    /// Another row stands for the same query; this one counts no bytes.
    case repeated(of: String)

    /// The attributes to set.
    ///
    /// - Parameter stored: the part of the SQL that the row keeps.
    func attributes(keeping stored: StoredSQL) -> Item {
        var item: Item = [:]
        switch self {
        case .unknown:
            item[RowAttribute.state] = "UNKNOWN"
        case .repeated(let key):
            item[RowAttribute.state] = "REPEATED"
            item[RowAttribute.repeatOf] = .string(key)
        case .finished(let query):
            item[RowAttribute.state] = .string(query.state.rawValue)
            // The SQL and the settings may name the person better than CloudTrail did.
            item[RowAttribute.user] = .string(query.user)
            item[RowAttribute.userType] = query.userType.map { .string($0.rawValue) }
            item[RowAttribute.userSource] = query.userSource.map { .string($0.rawValue) }
            item[RowAttribute.tool] = query.tool.map { .string($0) }
            item[RowAttribute.dataScanned] = .integer(query.dataScanned)
            if let sql = query.sql, !sql.isEmpty { item.set(sql, keeping: stored) }
            item[RowAttribute.statementType] = query.statementType.map { .string($0) }
            item[RowAttribute.workgroup] = query.workgroup.map { .string($0) }
            item[RowAttribute.database] = query.database.map { .string($0) }
            item[RowAttribute.catalog] = query.catalog.map { .string($0) }
            item[RowAttribute.stateChangeReason] = query.stateChangeReason.map { .string($0) }
            item[RowAttribute.stoppedBy] = query.stoppedBy.map { .string($0) }
            item[RowAttribute.duration] = query.durationMilliseconds.map { .integer($0) }
            item[RowAttribute.cost] = query.cost?.dollars.map { .number(String($0)) }
            item[RowAttribute.foreignCost] = query.cost?.foreignMoney.map { .number(String($0.amount)) }
            item[RowAttribute.costCurrency] = query.cost?.foreignMoney.map { .string($0.currency.rawValue) }
            item[RowAttribute.priceCertainty] = query.cost?.certainty.map { .string($0.rawValue) }
            item[RowAttribute.notBilled] = query.cost?.freeReason.map { .string($0.rawValue) }
        }
        return item
    }
}

extension Item {
    /// Sets the SQL, or the part of it that a row keeps. A row without all of it has the shape of the whole, by which reports
    /// tell statements apart.
    fileprivate mutating func set(_ sql: String, keeping stored: StoredSQL) {
        let part = stored.part(of: sql)
        if !part.isEmpty { self[RowAttribute.sql] = .string(String(part)) }
        guard part.endIndex < sql.endIndex else { return }
        if !part.isEmpty { self[RowAttribute.isSQLCut] = .boolean(true) }
        self[RowAttribute.sqlShape] = Shape(sql: sql).map { .string(Shape.text(of: $0.id)) }
    }
}
