import AWS
import HTTP
import JSON
import LambdaRuntime
import Reporting
import Time

/// Shows the page of a month or week to whoever has its link, at a function URL. Everyone else gets 403 and learns nothing.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
struct PageHandler: LambdaHandler {
    /// The time that it takes to answer.
    private static let reserve = Duration.seconds(1)

    let link: PageLink
    let history: any HistoryStore
    var now: () -> Timestamp = { .now }

    func handle(_ event: JSONValue, _ context: InvocationContext) throws -> JSONValue {
        context.metrics.add("PageRequests")
        guard let path = event["rawPath"]?.string, let query = event["rawQueryString"]?.string,
            event["requestContext"]?["http"]?["method"] == "GET",
            let period = link.period(path: path, query: query, at: now())
        else {
            context.metrics.add("PagesRefused")
            return Self.answer(403, "Forbidden\n")
        }
        let sink = TextOfPage()
        do throws(AWSError) {
            let deadline = context.deadline(reserving: Self.reserve)
            try history.download(HistoryPlace.page(of: period), into: sink, before: deadline)
        } catch {
            // Without the right to list the bucket, S3 refuses a page that is not there.
            guard ["NoSuchKey", "AccessDenied"].contains(error.code) else { throw error }
            context.metrics.add("PagesMissing")
            context.log(.warn, "\(HistoryPlace.page(of: period)): \(error)")
            return Self.answer(404, "This page is not there.\n")
        }
        guard let page = String(validating: sink.bytes, as: UTF8.self) else {
            throw HandlerError.incomplete(["\(HistoryPlace.page(of: period)) is damaged: it is not UTF-8"])
        }
        context.metrics.add("PagesShown")
        return Self.answer(200, page, contentType: "text/html; charset=utf-8")
    }

    private static func answer(
        _ status: Int64,
        _ body: String,
        contentType: String = "text/plain; charset=utf-8"
    ) -> JSONValue {
        [
            "statusCode": .integer(status),
            "headers": [
                "Content-Type": .string(contentType),
                "Cache-Control": .string(status == 200 ? "private, max-age=300" : "no-store"),
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "X-Robots-Tag": "noindex",
            ],
            "body": .string(body),
        ]
    }
}

/// The bytes of a page that downloads.
final class TextOfPage: ResponseSink {
    private(set) var bytes: [UInt8] = []

    func begin() { bytes = [] }

    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        bytes.append(contentsOf: piece)
        return true
    }
}
