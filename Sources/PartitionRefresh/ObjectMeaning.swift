import LambdaEvents
import Partitions

/// The meaning of a part of a message for the tables.
enum ObjectMeaning: Equatable {
    /// There is nothing to do, counted under this name.
    case skipped(metric: String)
    /// The settings do not name the bucket.
    case unknownBucket(String)
    /// The key fits no layout of its bucket.
    case otherLayout(CreatedObject)
    /// The part cannot be understood, for this reason.
    case unreadable(String)
    /// The object is in a partition.
    case new(Partition)

    /// Decides by the settings, and by the way in which tables learn of partitions.
    init(of part: EventPart, settings: PartitionRefreshSettings, mode: PartitionRefreshSettings.Mode) {
        switch part {
        case .unknown(let reason): self = .unreadable(reason)
        case .skipped(let reason): self = .skipped(metric: "ObjectsSkipped\(reason.rawValue)")
        case .call: self = .unreadable("it announces a call, and no object")
        case .otherEvent: self = .skipped(metric: "ObjectsSkippedOtherEvent")
        case .created(let object): self = .init(of: object, settings: settings, mode: mode)
        }
    }

    private init(
        of object: CreatedObject,
        settings: PartitionRefreshSettings,
        mode: PartitionRefreshSettings.Mode
    ) {
        guard let bucket = settings.buckets[object.bucket] else {
            self = .unknownBucket(object.bucket)
            return
        }
        guard !object.isHidden else {
            self = .skipped(metric: "ObjectsSkippedHidden")
            return
        }
        let layouts = settings.layouts(of: bucket)
        let match = PartitionLayout.match(object.key, in: layouts, tellsTable: bucket.table == nil)
        // MSCK REPAIR TABLE finds a partition by itself, whatever its layout.
        let folder = match?.folder ?? (mode == .repair ? object.folder : nil)
        guard let table = bucket.table ?? match?.table, let folder else {
            self = .otherLayout(object)
            return
        }
        let location = "s3://\(object.bucket)/\(folder)"
        self = .new(Partition(table: table, values: match?.values ?? [], location: location))
    }
}

extension Partition {
    /// The table and the location, which together identify the partition.
    var name: String { "\(table) \(location)" }
}

extension CreatedObject {
    /// The key up to its last slash.
    fileprivate var folder: String { key.lastIndex(of: "/").map { String(key[...$0]) } ?? "" }

    /// Whether Athena ignores the object: a folder's marker, or a name or folder that begins with `_` or `.`.
    ///
    /// https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    fileprivate var isHidden: Bool {
        key.hasSuffix("/") || key.hasSuffix("_$folder$")
            || key.utf8.split(separator: UInt8(ascii: "/")).contains {
                $0.first == UInt8(ascii: "_") || $0.first == UInt8(ascii: ".")
            }
    }
}
