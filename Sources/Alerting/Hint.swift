/// An advice that would make a query cheaper or faster, for which a fact was seen.
package struct Hint: Sendable, Equatable {
    package let kind: Kind
    /// The fact and the cure, with names in backquotes.
    package let text: String
    /// The page that explains it.
    package let link: String

    /// The kinds of hints, with those that save most first.
    package enum Kind: String, Sendable, CaseIterable {
        case repeatedStatement = "repeated_statement"
        case partitionFilter = "partition_filter"
        case partitionAlternative = "partition_alternative"
        case partitionFunction = "partition_function"
        case crossJoin = "cross_join"
        case rowFormat = "row_format"
        case selectStar = "select_star"
        case reuseComment = "reuse_comment"
        case limitAfterAll = "limit_after_all"
        case fewRows = "few_rows"
        case partitionProjection = "partition_projection"
        case smallFiles = "small_files"
        case exactDistinct = "exact_distinct"
        case queue
        case workgroupLimit = "workgroup_limit"

        /// AWS's page about it.
        package var page: String {
            let page =
                switch self {
                case .partitionFilter, .partitionAlternative: "partitions"
                case .partitionFunction, .crossJoin, .limitAfterAll, .exactDistinct: "performance-tuning"
                case .rowFormat, .selectStar: "columnar-storage"
                case .repeatedStatement, .reuseComment: "reusing-query-results"
                case .fewRows: "ctas-partitioning-and-bucketing"
                case .partitionProjection: "partition-projection"
                case .smallFiles: "performance-tuning-data-optimization-techniques"
                case .queue: "capacity-management"
                case .workgroupLimit: "workgroups-setting-control-limits-cloudwatch"
                }
            return "https://docs.aws.amazon.com/athena/latest/ug/\(page).html"
        }
    }
}
