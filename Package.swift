// swift-tools-version: 6.2
import PackageDescription

/// The rooms of the house, from the ground floor up: a room imports only rooms that stand above it in this list.
let package = Package(
    name: "athena-alerter",
    products: [
        .executable(name: "athena-alerter", targets: ["AthenaAlerter"]),
        .executable(name: "aws-probe", targets: ["AWSProbe"]),
        .library(name: "FuzzedReader", type: .static, targets: ["FuzzedReader"]),
    ],
    targets: [
        .systemLibrary(name: "Ccurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "Czlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "Ccrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "Cblock"),
        .target(name: "System"),
        .target(name: "Time"),
        .target(name: "JSON", dependencies: ["Cblock"]),
        .target(name: "HTTP", dependencies: ["Ccurl", "Time"]),
        .target(name: "AWS", dependencies: ["HTTP", "JSON", "System", "Time", "Ccrypto", "Czlib"]),
        .target(name: "Slack", dependencies: ["HTTP", "JSON", "Time"]),
        .target(name: "LambdaRuntime", dependencies: ["HTTP", "JSON", "System", "Time"]),
        .target(name: "Partitions"),
        .target(name: "Alerting", dependencies: ["HTTP", "JSON", "Partitions", "Time"]),
        .target(name: "CloudTrail", dependencies: ["Cblock", "Czlib", "JSON", "Time"]),
        .target(name: "Querying", dependencies: ["JSON", "Time"]),
        .target(
            name: "Handlers",
            dependencies: [
                "Alerting", "AWS", "CloudTrail", "HTTP", "JSON", "LambdaRuntime", "Partitions", "Querying", "Slack",
                "System", "Time",
            ]
        ),
        .executableTarget(
            name: "AthenaAlerter",
            dependencies: [
                "Alerting", "AWS", "CloudTrail", "Handlers", "HTTP", "JSON", "LambdaRuntime", "Partitions", "System",
                "Time",
            ]
        ),
        .executableTarget(
            name: "AWSProbe",
            dependencies: ["AWS", "HTTP", "JSON", "System", "Time"],
            path: "Tests/EndToEnd/AWSProbe"
        ),
        .testTarget(name: "SystemTests", dependencies: ["System"]),
        .testTarget(name: "TimeTests", dependencies: ["Time"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "LoopbackServer", "System", "Time"]),
        .testTarget(name: "AWSTests", dependencies: ["AWS", "HTTP", "JSON", "LoopbackServer", "System", "Time"]),
        .testTarget(name: "SlackTests", dependencies: ["HTTP", "JSON", "LoopbackServer", "Slack", "System", "Time"]),
        .testTarget(
            name: "LambdaRuntimeTests",
            dependencies: ["HTTP", "JSON", "LambdaRuntime", "LoopbackServer", "System", "Time"]
        ),
        .testTarget(name: "PartitionsTests", dependencies: ["Partitions"]),
        .testTarget(name: "AlertingTests", dependencies: ["Alerting", "JSON", "Partitions", "Time"]),
        .testTarget(name: "CloudTrailTests", dependencies: ["CloudTrail", "GzipFixture", "Time"]),
        .testTarget(name: "QueryingTests", dependencies: ["JSON", "Querying", "Time"]),
        .testTarget(
            name: "HandlersTests",
            dependencies: [
                "Alerting", "AWS", "CloudTrail", "GzipFixture", "Handlers", "HTTP", "JSON", "LambdaRuntime",
                "LoopbackServer", "System", "Time",
            ]
        ),
        .target(
            name: "FuzzedReader",
            dependencies: ["CloudTrail", "JSON"],
            path: "Tests/Fuzzing",
            exclude: ["Cases", "Seeds", "dictionary"]
        ),
        .target(name: "GzipFixture", dependencies: ["Czlib"], path: "Tests/GzipFixture"),
        .target(name: "LoopbackServer", path: "Tests/LoopbackServer"),
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
