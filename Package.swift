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
        .target(name: "JSON"),
        .target(name: "HTTP", dependencies: ["Ccurl"]),
        .target(name: "AWS", dependencies: ["HTTP", "JSON", "Ccrypto", "Czlib"]),
        .target(name: "Slack", dependencies: ["HTTP", "JSON"]),
        .target(name: "LambdaRuntime", dependencies: ["HTTP", "JSON"]),
        .target(name: "Partitions"),
        .target(name: "Alerting", dependencies: ["JSON", "Partitions"]),
        .target(name: "CloudTrail", dependencies: ["Cblock", "Czlib", "JSON"]),
        .target(name: "Querying", dependencies: ["JSON"]),
        .target(
            name: "Handlers",
            dependencies: [
                "Alerting", "AWS", "CloudTrail", "HTTP", "JSON", "LambdaRuntime", "Partitions", "Querying", "Slack",
            ]
        ),
        .executableTarget(
            name: "AthenaAlerter",
            dependencies: ["Alerting", "AWS", "CloudTrail", "Handlers", "HTTP", "JSON", "LambdaRuntime", "Partitions"]
        ),
        .executableTarget(
            name: "AWSProbe",
            dependencies: ["AWS", "HTTP", "JSON"],
            path: "Tests/EndToEnd/AWSProbe"
        ),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "LoopbackServer"]),
        .testTarget(name: "AWSTests", dependencies: ["AWS", "HTTP", "JSON", "LoopbackServer"]),
        .testTarget(name: "SlackTests", dependencies: ["HTTP", "JSON", "LoopbackServer", "Slack"]),
        .testTarget(name: "LambdaRuntimeTests", dependencies: ["HTTP", "JSON", "LambdaRuntime", "LoopbackServer"]),
        .testTarget(name: "PartitionsTests", dependencies: ["Partitions"]),
        .testTarget(name: "AlertingTests", dependencies: ["Alerting", "JSON", "Partitions"]),
        .testTarget(name: "CloudTrailTests", dependencies: ["CloudTrail", "GzipFixture"]),
        .testTarget(name: "QueryingTests", dependencies: ["JSON", "Querying"]),
        .testTarget(
            name: "HandlersTests",
            dependencies: [
                "Alerting", "AWS", "CloudTrail", "Handlers", "HTTP", "JSON", "LambdaRuntime", "GzipFixture",
                "LoopbackServer",
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
