import Alerting
package import Commands

extension AlerterSystem {
    package static var commands: [CommandDescription] {
        let settings = CommandDescription.Option.settings
        return [
            CommandDescription(
                "scan",
                ["FILE|FOLDER…"],
                "print the query starts in CloudTrail log files as lines of JSON; gzipped or not, also an array of "
                    + "records, one a line, the output of lookup-events, events of EventBridge, and what CloudWatch Logs "
                    + "exports or sends to subscribers; - is standard input",
                operands: .files
            ),
            CommandDescription(
                "who",
                ["FILE|FOLDER…"],
                "print who started the queries in such files, how each is found, and how often; those who need an alias "
                    + "come last",
                operands: .files,
                options: [settings]
            ),
            CommandDescription(
                "explain",
                ["FILE", "--user NAME --workgroup NAME --scanned SIZE …"],
                "say which rules apply to a query, who would hear, and why; FILE is the message of a finished query, - is "
                    + "standard input; the options describe a query in its place",
                operands: .files,
                options: ExplainCommand.options + [settings]
            ),
            CommandDescription(
                "explain-sql",
                ["FILE [--table-definition FILE]… [--database NAME]"],
                "say what SQL statements read, and what would make them cheaper; - is standard input",
                operands: .files,
                options: [
                    .init("--table-definition", "FILE", "a table, as aws glue get-table prints it"),
                    .init("--database", "NAME", "the database of tables that are named without one"), settings,
                ]
            ),
            previewDescription,
            CommandDescription(
                "reconcile",
                ["[--date DAY[..DAY]] [--replay] s3://BUCKET[/PREFIX] | FILE…"],
                "print the queries that CloudTrail tells of and the table does not have, as lines of JSON",
                operands: .files,
                options: [
                    .init("--date", "DAY[..DAY]", "the days of the queries, YYYY-MM-DD; by default yesterday"),
                    .init("--replay", "store the queries, so that they are asked for and told"), settings,
                ]
            ),
            CommandDescription(
                "redrive",
                ["[--dry-run] STACK"],
                "put back the messages and events that a CloudFormation stack has given up",
                options: [.init("--dry-run", "only tell how many there are"), settings]
            ),
            CommandDescription(
                "budgets",
                ["[--period PERIOD]"],
                "print how much of each budget is used",
                options: [
                    .init(
                        "--period",
                        "PERIOD",
                        "a month (2026-11), a week (2026-W48), a day (2026-11-26) or 'previous'; by default the present "
                            + "one of each budget"
                    ), settings,
                ]
            ),
            CommandDescription(
                "report",
                ["[--month MONTH | --week WEEK] [--from FILE|FOLDER…] [--output PAGE]"],
                "make a page of what a month or a week came to, from files of the history or from the table",
                operands: .files,
                options: [
                    .init("--month", "MONTH", "a month, such as 2026-11; by default that of yesterday"),
                    .init("--week", "WEEK", "a week, such as 2026-W48"),
                    .init("--from", "read the files and folders that are named"),
                    .init("--output", "PAGE", "the file of the page; by default standard output"), settings,
                ]
            ),
            CommandDescription(
                "doctor",
                ["[--send WHO] STACK"],
                "say of a running stack what is well, what is not, and what to do",
                options: [
                    .init("--send", "WHO", "post a test alert to an address, a Slack id or a #channel"), settings,
                ]
            ),
        ]
    }

    private static var previewDescription: CommandDescription {
        CommandDescription(
            "preview",
            [
                "[--days N | --from DAY --to DAY] [--list] [--output FILE] [s3://BUCKET[/PREFIX] | FILE…]",
                "[--regions A,B] …", "[--system-table [--workgroup NAME] [--results s3://BUCKET/PREFIX/]] …",
            ],
            "say what the settings would have told, from a trail or, without one, from CloudTrail's own history; nothing is "
                + "sent, and an interrupted run goes on",
            operands: .files,
            options: [
                .init("--days", "N", "the last days; by default 30"),
                .init("--from", "DAY", "the first day, YYYY-MM-DD"),
                .init("--to", "DAY", "the last day, YYYY-MM-DD"),
                .init("--regions", "A,B", "the regions of CloudTrail's history; by default that of the credentials"),
                .init("--list", "print each alert, too"),
                .init("--output", "FILE", "the rows, from which an interrupted run goes on"),
                .init(
                    "--system-table",
                    "read queries of more than 45 days ago from Athena's system table; its queries are billed, 10 MB at "
                        + "least for every 2,000"
                ),
                .init("--workgroup", "NAME", "the workgroup of these queries; by default primary"),
                .init("--results", "s3://BUCKET/PREFIX/", "the place of their results, if the workgroup sets none"),
                .settings,
            ]
        )
    }
}
