package import JSON
package import Web

/// A request of API Gateway or a function URL, in either version of the events.
///
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package struct APIRequest {
    /// The method, in capitals.
    package let method: String
    /// The parts of the path between its slashes, decoded; a stage's name may come first.
    package let path: [String]
    /// The query's parameters, decoded; the last of a name wins.
    package let query: [String: String]
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// The gateway's id of the request.
    package let id: String?
    /// The caller that the gateway admitted.
    package let caller: APICaller

    /// Reads an event, nil for one of another kind.
    package init?(_ event: JSONValue) {
        guard let context = event["requestContext"], let method = context["http"]?["method"] ?? event["httpMethod"],
            let path = event["rawPath"] ?? event["path"]
        else { return nil }
        self.method = method.string?.uppercased() ?? ""
        self.path = (path.string ?? "").split(separator: "/").map { Self.decoded($0, isForm: false) }
        query = Self.query(of: event)
        headers = Self.headers(of: event)
        let text = event["body"]?.string ?? ""
        body = event["isBase64Encoded"] == true ? Base64.decoded(text) ?? [] : Array(text.utf8)
        id = context["requestId"]?.string
        caller = APICaller(context)
    }

    private static func headers(of event: JSONValue) -> HTTPHeaders {
        var headers: HTTPHeaders = [:]
        if case .object(let members) = event["headers"] {
            for member in members { headers.append(member.name, member.value.string ?? "") }
        }
        return headers
    }

    private static func query(of event: JSONValue) -> [String: String] {
        var query: [String: String] = [:]
        if let text = event["rawQueryString"]?.string {
            for parameter in text.split(separator: "&") {
                let name = parameter.prefix { $0 != "=" }
                query[decoded(name, isForm: true)] = decoded(parameter.dropFirst(name.count + 1), isForm: true)
            }
        } else if case .object(let members) = event["queryStringParameters"] {
            for member in members { query[member.name] = member.value.string }
        }
        return query
    }

    /// The percent-decoded text; a text that is wrongly encoded stays as it is.
    private static func decoded(_ text: Substring, isForm: Bool) -> String {
        (isForm ? text.formDecoded : text.percentDecoded) ?? String(text)
    }
}

/// The answer to a request through API Gateway or a function URL.
package struct APIResponse: Equatable {
    package let status: Int
    /// The body, which is JSON.
    package let text: String
    package var headers: [JSONValue.Member] = []

    package init(status: Int, text: String, headers: [JSONValue.Member] = []) {
        self.status = status
        self.text = text
        self.headers = headers
    }

    package init(status: Int, body: JSONValue, headers: [JSONValue.Member] = []) {
        self.init(status: status, text: body.serialized(), headers: headers)
    }

    /// The answer in the form that both versions accept.
    package var json: JSONValue {
        [
            "statusCode": .integer(Int64(status)),
            "headers": .object([.init("Content-Type", "application/json")] + headers),
            "body": .string(text),
        ]
    }
}
