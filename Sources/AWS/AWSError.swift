package import HTTP

/// An error of a call to AWS.
package enum AWSError: Error, Equatable, Sendable {
    /// The service answered with an error.
    case refused(ServiceError)
    /// No whole answer came.
    case transport(call: String, HTTPError)
    /// An answer came that is not what the service promises.
    case unreadable(call: String, reason: String)
    /// No usable credentials were found.
    case noCredentials(String)
    /// A region, an endpoint or a name is missing or makes no sense.
    case misconfigured(String)
}

/// An error as a service reported it.
package struct ServiceError: Error, Equatable, Sendable {
    /// The service and operation, such as `dynamodb:PutItem`.
    package let call: String
    /// The HTTP status.
    package let status: Int
    /// AWS's code, such as `ResourceNotFoundException`.
    package let code: String
    /// AWS's message.
    package internal(set) var message: String
    /// AWS's id for the request, which its support asks for.
    package let requestID: String
    /// Athena's closer description of an invalid request, such as `MALFORMED_QUERY`.
    package var athenaErrorCode: String?
    /// DynamoDB's reasons for canceling a transaction, one for each write, `None` where nothing is wrong.
    var cancellationReasons: [String] = []
    /// The region in which S3 says that a redirected request's bucket is, not verified.
    var bucketRegion: String?
}

extension AWSError {
    /// AWS's error code, when the service answered with one.
    package var code: String? {
        if case .refused(let error) = self { error.code } else { nil }
    }

    /// Whether DynamoDB refused what was written, now and later.
    package var isAboutInput: Bool {
        guard case .refused(let error) = self else { return false }
        return ["ValidationException", "ValidationError"].contains(error.code)
            || error.cancellationReasons.contains("ValidationError")
    }

    /// Whether the same call may succeed later.
    package var isTemporary: Bool { [.transient, .throttling].contains(FailureKind(self)) }

    /// Whether SQS knows no queue at the address that the call gave.
    package var isOfMissingQueue: Bool {
        // The first is the code of its own protocol, the second that of the older one.
        ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"].contains(code ?? "")
    }

    /// Whether the answer was longer than what is read of one, so that asking for less may help.
    package var isTooLongAnswer: Bool {
        if case .transport(_, .tooLarge) = self { true } else { false }
    }
}

extension AWSError: CustomStringConvertible {
    /// The error as text.
    package var description: String {
        switch self {
        case .refused(let error):
            "\(error.call) was refused: \(error.code) (\(error.status)): \(error.message) [request \(error.requestID)]"
        case .transport(let call, let error): "\(call) failed: \(error)"
        case .unreadable(let call, let reason): "\(call) answered what cannot be read: \(reason)"
        case .noCredentials(let reason): "no AWS credentials: \(reason)"
        case .misconfigured(let reason): reason
        }
    }
}
