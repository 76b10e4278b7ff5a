"""A straightforward scan in Python: reads the whole file into memory, parses it, and filters the records."""

import gzip
import json
import sys

with gzip.open(sys.argv[1]) as file:
    records = json.load(file)["Records"]
for record in records:
    if (
        record.get("eventSource") == "athena.amazonaws.com"
        and record.get("eventName") == "StartQueryExecution"
        and record.get("responseElements")
    ):
        print(
            json.dumps(
                {
                    "query_execution_id": record["responseElements"]["queryExecutionId"],
                    "start_timestamp": record["eventTime"],
                    "executing_user": record["userIdentity"].get("arn"),
                }
            )
        )
