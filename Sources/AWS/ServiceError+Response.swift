import HTTP
import JSON
import Web

extension ServiceError {
    /// No service says more than this; whatever else answers must not fill the log.
    private static let longestText = 1000

    /// Reads the error that a service reported, in its JSON protocols or S3's XML.
    init(call: String, response: HTTPResponse) {
        var code = response.headers["x-amzn-errortype"]
        var message: String?
        var athenaErrorCode: String?
        var reasons: [String] = []
        var region = response.headers["x-amz-bucket-region"]
        if response.body.first == UInt8(ascii: "<") {
            let document = try? XMLElement(parsing: response.body)
            code = code ?? document?.first("Code")?.text
            message = document?.first("Message")?.text
            region = region ?? document?.first("Region")?.text
        } else if let document = try? JSONValue(parsing: response.body) {
            code = code ?? document["__type"]?.string ?? document["code"]?.string
            message = document["message"]?.string ?? document["Message"]?.string
            athenaErrorCode = document["AthenaErrorCode"]?.string
            reasons = (document["CancellationReasons"]?.array ?? []).map { $0["Code"]?.string ?? "None" }
        }
        self.init(
            call: call,
            status: response.status,
            code: code.map { String(Self.bareCode($0).prefix(Self.longestText)) }
                ?? Self.codeForStatus(response.status),
            message: message.map { String($0.prefix(Self.longestText)) } ?? "no message",
            requestID: response.headers["x-amzn-requestid"] ?? response.headers["x-amz-request-id"] ?? "unknown",
            athenaErrorCode: athenaErrorCode,
            cancellationReasons: reasons
        )
        if isRedirect { bucketRegion = region }
    }

    /// The code without its namespace (`com.amazonaws.dynamodb#Code`) and documentation address (`Code:http://…`).
    private static func bareCode(_ code: String) -> String {
        let withoutAddress = code.prefix { $0 != ":" }
        return String(withoutAddress.split(separator: "#").last ?? withoutAddress)
    }

    /// The code of an error without a body, as S3 answers some.
    private static func codeForStatus(_ status: Int) -> String { "HTTP\(status)" }
}
