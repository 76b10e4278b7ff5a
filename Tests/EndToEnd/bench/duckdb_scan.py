"""A scan by DuckDB, which parses the members that the statement names."""

import sys

import duckdb

[path, unpacked] = sys.argv[1:]
duckdb.sql("SET memory_limit = '8GB'")
duckdb.sql("SET preserve_insertion_order = false")
rows = f"""
    SELECT record.responseElements.queryExecutionId AS query_execution_id, record.eventTime AS start_timestamp,
           record.userIdentity.arn AS executing_user
    FROM (
        SELECT unnest(Records) AS record
        FROM read_json('{path}', format = 'unstructured', compression = 'gzip', maximum_object_size = {int(unpacked) + 1},
            columns = {{Records: 'STRUCT(eventSource VARCHAR, eventName VARCHAR, eventTime VARCHAR,
                userIdentity STRUCT(arn VARCHAR), responseElements STRUCT(queryExecutionId VARCHAR))[]'}})
    )
    WHERE record.eventSource = 'athena.amazonaws.com' AND record.eventName = 'StartQueryExecution'
        AND record.responseElements.queryExecutionId IS NOT NULL"""
duckdb.sql(f"COPY ({rows}) TO '/dev/stdout' (FORMAT json)")
