public import JSON

/// Tables and their partitions in the Glue Data Catalog.
public struct Glue {
    private let client: AWSClient

    private static let requestsInFlight = 4

    /// How many partitions one request may create.
    ///
    /// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
    private static let maximumBatchCount = 100

    /// Creates a door to the catalog.
    public init(_ client: AWSClient) {
        self.client = client
    }

    /// What the catalog says of a table.
    public struct Table: Sendable {
        /// The columns that it is partitioned by, with Hive's types, in order.
        public let partitionColumns: [(name: String, type: String)]
        /// How and where its data are stored, which its partitions take over.
        public let storage: JSONValue
        /// Whether Athena works out its partitions and looks at none in the catalog.
        public let isProjected: Bool

        /// Where its data are, with a slash at its end.
        public var location: String {
            let location = storage["Location"]?.string ?? ""
            return location.hasSuffix("/") ? location : location + "/"
        }
    }

    /// A partition to create.
    public struct NewPartition: Sendable, Equatable {
        /// Its values, in the order of the table's columns.
        public let values: [String]
        /// Where its data are.
        public let location: String

        /// Creates a partition.
        public init(values: [String], location: String) {
            self.values = values
            self.location = location
        }
    }

    /// What came of a partition.
    public enum Creation: Sendable, Equatable {
        /// It is there now.
        case created
        /// It was there before.
        case alreadyThere
        /// It is not there, and why.
        case failed(String)
    }

    /// Whether there is a database.
    public func hasDatabase(_ name: String, before deadline: ContinuousClock.Instant) throws(AWSError) -> Bool {
        do throws(AWSError) {
            _ = try client.send(.json(.glue, "GetDatabase", ["Name": .string(name)]), before: deadline)
            return true
        } catch  where error.code == "EntityNotFoundException" {
            return false
        }
    }

    /// Reads a table.
    public func table(
        _ name: String,
        in database: String,
        before deadline: ContinuousClock.Instant
    ) throws(AWSError) -> Table {
        let call = AWSCall.json(.glue, "GetTable", ["DatabaseName": .string(database), "Name": .string(name)])
        let table = try client.send(call, before: deadline).json(of: call.name)["Table"]
        guard let storage = table?["StorageDescriptor"], case .object = storage else {
            throw .unreadable(call: call.name, reason: "StorageDescriptor is missing")
        }
        return Table(
            partitionColumns: (table?["PartitionKeys"]?.array ?? []).map { column in
                (column["Name"]?.string ?? "", column["Type"]?.string ?? "string")
            },
            storage: storage,
            isProjected: table?["Parameters"]?["projection.enabled"]?.string?.lowercased() == "true"
        )
    }

    /// Creates partitions of a table as the table is stored; outcomes come in their order.
    public func create(
        _ partitions: [NewPartition],
        of table: (name: String, description: Table),
        in database: String,
        before deadline: ContinuousClock.Instant
    ) -> [Creation] {
        let operation = "BatchCreatePartition"
        let chunks = stride(from: 0, to: partitions.count, by: Self.maximumBatchCount).map {
            partitions[$0..<min($0 + Self.maximumBatchCount, partitions.count)]
        }
        let calls = chunks.map { chunk in
            let inputs = chunk.map { partition -> JSONValue in
                [
                    "Values": .array(partition.values.map { .string($0) }),
                    "StorageDescriptor": table.description.storage.replacing("Location", with: partition.location),
                ]
            }
            return AWSCall.json(
                .glue,
                operation,
                [
                    "DatabaseName": .string(database), "TableName": .string(table.name),
                    "PartitionInputList": .array(inputs),
                ]
            )
        }
        let answers = client.sendAll(calls, inFlight: Self.requestsInFlight, before: deadline)
        return zip(chunks, answers).flatMap { chunk, answer -> [Creation] in
            let errors: [JSONValue]
            do {
                errors = try answer.get().json(of: "glue:\(operation)")["Errors"]?.array ?? []
            } catch {
                return chunk.map { _ in .failed("\(error)") }
            }
            return chunk.map { partition in
                let values = partition.values.map { JSONValue.string($0) }
                guard let error = errors.first(where: { $0["PartitionValues"]?.array == values })?["ErrorDetail"] else {
                    return .created
                }
                let code = error["ErrorCode"]?.string ?? "no code"
                if code == "AlreadyExistsException" { return .alreadyThere }
                let message = error["ErrorMessage"]?.string ?? "no message"
                return .failed("glue:\(operation) was refused: \(code): \(message)")
            }
        }
    }
}

extension JSONValue {
    /// This object with another text in one member.
    fileprivate func replacing(_ name: String, with text: String) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + [Member(name, .string(text))])
    }
}
