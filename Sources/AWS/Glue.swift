package import JSON
import System
package import Time

/// Tables and their partitions in the Glue Data Catalog.
package struct Glue {
    private let client: AWSClient

    private static let requestsInFlight = 4

    /// The greatest number of partitions that one request may create.
    ///
    /// https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
    private static let maximumBatchCount = 100

    /// Creates a client of the catalog.
    package init(_ client: AWSClient) {
        self.client = client
    }

    /// A table as the catalog describes it.
    package struct Table: Sendable {
        /// The columns that it is partitioned by, with Hive's types, in order.
        package let partitionColumns: [(name: String, type: String)]
        /// The format and the place of its data, which its partitions take over.
        package let storage: JSONValue
        /// Whether Athena works out its partitions and looks at none in the catalog.
        package let isProjected: Bool

        /// The location of its data, with a slash at its end.
        package var location: String {
            let location = storage["Location"]?.string ?? ""
            return location.hasSuffix("/") ? location : location + "/"
        }
    }

    /// A partition to create.
    package struct NewPartition: Sendable, Equatable {
        /// Its values, in the order of the table's columns.
        package let values: [String]
        /// The location of its data.
        package let location: String

        /// Creates a partition.
        package init(values: [String], location: String) {
            self.values = values
            self.location = location
        }
    }

    /// The outcome for a partition.
    package enum Creation: Sendable, Equatable {
        /// It is there now.
        case created
        /// It was there before.
        case alreadyThere
        /// It is not there, and why.
        case failed(String)
    }

    /// Whether there is a database.
    package func hasDatabase(_ name: String, before deadline: Deadline) throws(AWSError) -> Bool {
        do throws(AWSError) {
            _ = try client.send(.json(.glue, "GetDatabase", ["Name": .string(name)]), before: deadline)
            return true
        } catch  where error.code == "EntityNotFoundException" {
            return false
        }
    }

    /// Reads a table.
    package func table(
        _ name: String,
        in database: String,
        before deadline: Deadline
    ) throws(AWSError) -> Table {
        let call = AWSCall.json(.glue, "GetTable", ["DatabaseName": .string(database), "Name": .string(name)])
        return try client.send(call, before: deadline) { answer throws(JSONError) in
            try answer.required("Table")
        }
    }

    /// The description of a table as the catalog has it; nil when there is no such table.
    ///
    /// - Parameter region: the catalog's region, nil for the client's own.
    package func description(
        of table: String,
        in database: String,
        region: String?,
        before deadline: Deadline
    ) throws(AWSError) -> JSONValue? {
        let input: JSONValue = ["DatabaseName": .string(database), "Name": .string(table)]
        do throws(AWSError) {
            return try client.send(.json(.glue, "GetTable", input, region: region), before: deadline) {
                answer throws(JSONError) in
                try answer.required("Table")
            }
        } catch  where ["EntityNotFoundException", "InvalidInputException"].contains(error.code) {
            return nil
        }
    }

    /// Creates partitions of a table as the table is stored; outcomes come in their order.
    package func create(
        _ partitions: [NewPartition],
        of table: (name: String, description: Table),
        in database: String,
        before deadline: Deadline
    ) -> [Creation] {
        let chunks = partitions.chunks(of: Self.maximumBatchCount)
        let calls = chunks.map { Self.creation(of: $0, table, database) }
        let answers = client.sendAll(calls, inFlight: Self.requestsInFlight, before: deadline) {
            answer throws(JSONError) in
            try answer.optional("Errors") ?? [] as [PartitionError]
        }
        return zip(chunks, answers).flatMap { chunk, answer -> [Creation] in
            switch answer {
            case .success(let errors): Self.outcomes(of: chunk, errors)
            case .failure(let error): chunk.map { _ in .failed("\(error)") }
            }
        }
    }

    private static let creationOperation = "BatchCreatePartition"

    private static func creation(
        of partitions: ArraySlice<NewPartition>,
        _ table: (name: String, description: Table),
        _ database: String
    ) -> AWSCall {
        let inputs = partitions.map { partition -> JSONValue in
            [
                "Values": .strings(partition.values),
                "StorageDescriptor": table.description.storage.replacing("Location", with: partition.location),
            ]
        }
        return .json(
            .glue,
            creationOperation,
            [
                "DatabaseName": .string(database), "TableName": .string(table.name),
                "PartitionInputList": .array(inputs),
            ]
        )
    }

    private static func outcomes(of partitions: ArraySlice<NewPartition>, _ errors: [PartitionError]) -> [Creation] {
        // An error that names no partition of the request may be any's.
        let stray = errors.first { error in !partitions.contains { $0.values == error.values } }
        return partitions.map { partition in
            guard let error = errors.first(where: { $0.values == partition.values }) ?? stray else {
                return .created
            }
            if error.code == "AlreadyExistsException" { return .alreadyThere }
            let message = error.message ?? "no message"
            return .failed("glue:\(creationOperation) was refused: \(error.code ?? "no code"): \(message)")
        }
    }
}

extension Glue.Table: JSONReadable {
    /// Reads what the catalog says.
    package init(json: JSONValue) throws(JSONError) {
        storage = try json.required("StorageDescriptor")
        // Without it, nothing would be in the table.
        let _: String = try json.required("StorageDescriptor", "Location")
        let columns: [JSONValue] = try json.optional("PartitionKeys") ?? []
        partitionColumns = try columns.map { column throws(JSONError) in
            (try column.required("Name"), try column.optional("Type") ?? "string")
        }
        let projection: String? = try json.optional("Parameters", "projection.enabled")
        isProjected = projection?.lowercased() == "true"
    }
}

/// The reason why a partition was not created.
private struct PartitionError: JSONReadable {
    let values: [String]
    let code: String?
    let message: String?

    init(json: JSONValue) throws(JSONError) {
        values = try json.optional("PartitionValues") ?? []
        code = try json.optional("ErrorDetail", "ErrorCode")
        message = try json.optional("ErrorDetail", "ErrorMessage")
    }
}

extension JSONValue {
    /// This object with another text in one member.
    fileprivate func replacing(_ name: String, with text: String) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + [Member(name, .string(text))])
    }
}
