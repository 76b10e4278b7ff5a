import Czlib
import HTTP
import JSON
import Web

extension HTTPResponse {
    /// The body as an answer in XML.
    func document(of call: AWSCall) throws(AWSError) -> XMLElement {
        do {
            return try XMLElement(parsing: body)
        } catch {
            throw .unreadable(call: call.name, reason: "\(error)")
        }
    }

    /// Reads the parts that matter of the body, a JSON document.
    func read<Output>(
        of call: AWSCall,
        _ read: (JSONValue) throws(JSONError) -> Output
    ) throws(AWSError) -> Output {
        do throws(JSONError) {
            return try read(JSONValue(parsing: body))
        } catch {
            throw .unreadable(call: call.name, reason: "\(error)")
        }
    }

    /// Whether the body is the one that DynamoDB sent, as far as the service gives a checksum.
    var hasRightChecksum: Bool {
        guard let checksum = headers["x-amz-crc32"] else { return true }
        return body.withUnsafeBufferPointer { UInt(checksum) == crc32_z(0, $0.baseAddress, $0.count) }
    }
}
