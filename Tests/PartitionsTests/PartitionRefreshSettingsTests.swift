import Partitions
import Settings
import Testing

@Suite struct PartitionRefreshSettingsTests {
    private func settings(_ section: String) throws(SettingsError) -> PartitionRefreshSettings {
        var settings = PartitionRefreshSettings()
        try Section(file: #"{"partition_refresh": \#(section)}"#.utf8).read { _, value throws(SettingsError) in
            settings = try PartitionRefreshSettings(value)
            return true
        }
        return settings
    }

    @Test func anEmptySectionHasTheDocumentedValues() throws {
        let settings = try settings("{}")
        #expect(settings == PartitionRefreshSettings())
        #expect(settings.isEnabled && !settings.hasMetrics && settings.timeout == 60 && settings.buckets.isEmpty)
        #expect(settings.layouts(of: .init(table: "t")) == PartitionLayout.usual)
    }

    @Test func everyKeyIsRead() throws {
        let settings = try settings(
            #"""
            {"enabled": false, "enable_custom_metrics": true, "log_level": "debug", "memory": 256, "timeout": 120,
            "schedule_expression": "rate(1 minute)", "buckets": {"a": "Alerts", "d": "data", "o": {"table": "data"},
            "l": {"layouts": ["{table}/dt={}"]}}, "database_name": "db", "queue_url": "q",
            "refresh_mode": "add_partition", "results_bucket": "r", "workgroup": "w", "layouts": ["dt={}", "{table}/n={}"]}
            """#
        )
        #expect(!settings.isEnabled && settings.hasMetrics && settings.logLevel == "debug")
        #expect(settings.memory == 256 && settings.timeout == 120 && settings.schedule == "rate(1 minute)")
        let ofKey = [try PartitionLayout("{table}/dt={}")]
        #expect(
            settings.buckets == [
                "a": .init(table: "alerts"), "d": .init(), "o": .init(table: "data"), "l": .init(layouts: ofKey),
            ]
        )
        #expect(settings.database == "db" && settings.queueURL == "q" && settings.mode == .addPartition)
        #expect(settings.results == "r" && settings.workgroup == "w")
        // Who does not name a table needs a layout that does.
        #expect(settings.layouts(of: .init(table: "t")).count == 2)
        #expect(settings.layouts(of: .init()) == [try PartitionLayout("{table}/n={}")])
    }

    @Test(arguments: [
        (#"{"bucket": {}}"#, "bucket: there is no such setting"),
        (#"{"enabled": 1}"#, "enabled: expected true or false"),
        (#"{"log_level": "loud"}"#, "log_level: expected debug, info, warn or error"),
        (#"{"timeout": 5}"#, "timeout: expected a whole number from 10 to 900"),
        (#"{"memory": "128"}"#, "memory: expected a whole number from 128 to 10240"),
        (
            #"{"refresh_mode": "crawl"}"#,
            "refresh_mode: there is no mode 'crawl'; there are repair, add_partition, glue"
        ),
        (#"{"layouts": []}"#, "layouts: expected an array of layouts"),
        (#"{"layouts": ["dt={"]}"#, "layouts: 'dt={': a '{' without its '}'"),
        (#"{"buckets": {"b": 5}}"#, "buckets.b: expected a table's name or an object, found 5"),
        (#"{"buckets": {"b": {"tables": "t"}}}"#, "buckets.b.tables: there is no such setting"),
        (#"{"buckets": {"b": {"layouts": "x"}}}"#, "buckets.b.layouts: expected an array of layouts"),
        (
            #"{"buckets": {"b": "data"}, "layouts": ["dt={}"]}"#,
            "buckets.b: expected a table, for no layout has {table}"
        ),
    ])
    func aMistakeIsNamedWithItsKey(_ section: String, _ expected: String) {
        #expect {
            _ = try settings(section)
        } throws: { error in
            "\(error)".hasPrefix("settings: partition_refresh.\(expected)")
        }
    }

    /// Those that have another name here, or none because the stack decides.
    @Test(arguments: [
        "queue_name", "file_format", "concurrency_limit", "metric_alarms", "log_retention_days", "refresh_type",
        "refresh_interval", "enable_metrics",
    ])
    func aKeyOfStreamAlertThatMeansNothingHereIsRefused(_ key: String) {
        #expect(throws: SettingsError.self) { try settings(#"{"\#(key)": 1}"#) }
    }
}
