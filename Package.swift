// swift-tools-version: 6.2
import PackageDescription

// ISA-L unpacks log files. It is optional: SwiftPM warns where it is not installed, and zlib unpacks them there, and on
// processors other than x86-64.
#if arch(x86_64)
let isal: String? = "libisal"
#else
let isal: String? = nil
#endif

/// The rooms of the house, from the ground floor up: a room imports only rooms that stand above it in this list.
let package = Package(
    name: "athena-alerter",
    products: [
        .executable(name: "athena-alerter", targets: ["AthenaAlerter"]),
        .executable(name: "aws-probe", targets: ["AWSProbe"]),
        .library(name: "FuzzedInflate", type: .static, targets: ["FuzzedInflate"]),
        .library(name: "FuzzedReader", type: .static, targets: ["FuzzedReader"]),
        .library(name: "FuzzedSQL", type: .static, targets: ["FuzzedSQL"]),
    ],
    targets: [
        .systemLibrary(name: "Ccurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "Czlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "Ccrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "Cisal", pkgConfig: isal, providers: [.apt(["libisal-dev"])]),
        .target(name: "Cinflate", dependencies: ["Cisal", "Czlib"]),
        .target(name: "Cblock"),
        .target(name: "System"),
        .target(name: "Time"),
        .target(name: "JSON", dependencies: ["Cblock"]),
        .target(name: "Web", dependencies: ["Ccrypto", "Ccurl"]),
        .target(name: "HTTP", dependencies: ["Ccurl", "Time", "Web"]),
        .target(name: "AWS", dependencies: ["HTTP", "JSON", "System", "Time", "Web", "Ccrypto", "Czlib"]),
        .target(name: "Slack", dependencies: ["HTTP", "JSON", "System", "Time", "Web"]),
        .target(name: "LambdaRuntime", dependencies: ["HTTP", "JSON", "System", "Time", "Web"]),
        .target(name: "Settings", dependencies: ["JSON"]),
        .target(name: "LambdaEvents", dependencies: ["JSON", "Web"]),
        .target(name: "Commands", dependencies: ["System"]),
        .target(name: "Partitions", dependencies: ["JSON", "Settings"]),
        .target(name: "CloudTrail", dependencies: ["Cblock", "Cinflate", "Czlib", "JSON", "Time"]),
        .target(name: "Querying", dependencies: ["JSON", "Time"]),
        .target(name: "Alerting", dependencies: ["CloudTrail", "JSON", "Querying", "Settings", "Time", "Web"]),
        .target(
            name: "Reporting",
            dependencies: ["Alerting", "CloudTrail", "Czlib", "JSON", "Querying", "Time", "Web"],
            resources: [.embedInCode("Page/page.css"), .embedInCode("Page/page.js")]
        ),
        .target(
            name: "Assembly",
            dependencies: ["AWS", "Commands", "HTTP", "JSON", "LambdaRuntime", "Settings", "System", "Time"]
        ),
        .target(
            name: "Alerter",
            dependencies: [
                "Alerting", "Assembly", "AWS", "CloudTrail", "Commands", "HTTP", "JSON", "LambdaEvents",
                "LambdaRuntime", "Querying", "Reporting", "Settings", "Slack", "System", "Time", "Web",
            ]
        ),
        .target(
            name: "PartitionRefresh",
            dependencies: [
                "Assembly", "AWS", "Commands", "JSON", "LambdaEvents", "LambdaRuntime", "Partitions", "Settings",
                "System", "Time",
            ]
        ),
        .target(
            name: "Queries",
            dependencies: [
                "Assembly", "AWS", "JSON", "LambdaEvents", "LambdaRuntime", "Querying", "Settings", "System", "Time",
                "Web",
            ],
            resources: [.embedInCode("QueryAPI/openapi.json")]
        ),
        .executableTarget(
            name: "AthenaAlerter",
            dependencies: [
                "Alerter", "Assembly", "Commands", "HTTP", "JSON", "LambdaRuntime", "PartitionRefresh", "Queries",
                "Settings", "System",
            ]
        ),
        .executableTarget(
            name: "AWSProbe",
            dependencies: ["AWS", "HTTP", "JSON", "System", "Time", "Web"],
            path: "Tests/EndToEnd/AWSProbe"
        ),
        .testTarget(name: "SystemTests", dependencies: ["System"]),
        .testTarget(name: "TimeTests", dependencies: ["Time", "TimeFixture"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "WebTests", dependencies: ["Web"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "LoopbackServer", "Time", "Web"]),
        .testTarget(
            name: "AWSTests",
            dependencies: [
                "AWS", "AWSFixture", "HTTP", "JSON", "JSONFixture", "LoopbackServer", "System", "Time", "Web",
            ]
        ),
        .testTarget(name: "SlackTests", dependencies: ["HTTP", "JSON", "LoopbackServer", "Slack", "Time", "Web"]),
        .testTarget(
            name: "LambdaRuntimeTests",
            dependencies: [
                "HTTP", "JSON", "JSONFixture", "LambdaRuntime", "LoopbackServer", "System", "Time", "Web",
            ]
        ),
        .testTarget(name: "SettingsTests", dependencies: ["JSON", "Settings"]),
        .testTarget(name: "PartitionsTests", dependencies: ["JSON", "Partitions", "Settings"]),
        .testTarget(
            name: "AlertingTests",
            dependencies: [
                "Alerting", "CloudTrail", "JSON", "JSONFixture", "Querying", "Settings", "Time", "TimeFixture",
            ]
        ),
        .testTarget(
            name: "CloudTrailTests",
            dependencies: ["CloudTrail", "GzipFixture", "JSON", "JSONFixture", "Time"]
        ),
        .testTarget(name: "QueryingTests", dependencies: ["JSON", "Querying", "Time"]),
        .testTarget(
            name: "QueriesTests",
            dependencies: [
                "Assembly", "AWS", "AWSFixture", "HTTP", "JSON", "JSONFixture", "LambdaEvents", "LambdaRuntime",
                "Queries", "Querying", "Settings", "System", "Time",
            ]
        ),
        .testTarget(name: "LambdaEventsTests", dependencies: ["JSON", "JSONFixture", "LambdaEvents", "Web"]),
        .testTarget(
            name: "AlerterTests",
            dependencies: [
                "Alerter", "Alerting", "AWS", "AWSFixture", "CloudTrail", "Commands", "GzipFixture", "HTTP", "JSON",
                "JSONFixture", "LambdaEvents", "LambdaRuntime", "LoopbackServer", "Reporting", "Settings", "Slack",
                "System", "Time", "TimeFixture", "Web",
            ]
        ),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Alerting", "CloudTrail", "JSON", "Reporting", "Time"]
        ),
        .testTarget(
            name: "PartitionRefreshTests",
            dependencies: [
                "AWS", "AWSFixture", "JSON", "JSONFixture", "LambdaRuntime", "LoopbackServer", "PartitionRefresh",
                "Partitions", "Settings", "Time",
            ]
        ),
        .target(
            name: "FuzzedReader",
            dependencies: ["CloudTrail", "JSON"],
            path: "Tests/Fuzzing",
            exclude: ["Cases", "Inflate", "SQL", "Seeds", "dictionary"]
        ),
        .target(
            name: "FuzzedInflate",
            dependencies: ["CloudTrail"],
            path: "Tests/Fuzzing/Inflate",
            exclude: ["Cases", "Seeds"]
        ),
        .target(
            name: "FuzzedSQL",
            dependencies: ["Querying"],
            path: "Tests/Fuzzing/SQL",
            exclude: ["Cases", "Seeds", "dictionary"]
        ),
        .target(
            name: "AWSFixture",
            dependencies: ["AWS", "HTTP", "JSONFixture", "LoopbackServer", "System", "Time"],
            path: "Tests/AWSFixture"
        ),
        .target(name: "GzipFixture", dependencies: ["Czlib"], path: "Tests/GzipFixture"),
        .target(name: "JSONFixture", dependencies: ["JSON"], path: "Tests/JSONFixture"),
        .target(name: "TimeFixture", dependencies: ["Time"], path: "Tests/TimeFixture"),
        .target(name: "LoopbackServer", dependencies: ["Web"], path: "Tests/LoopbackServer"),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
