"""A fast scan in Python: ISA-L decompresses, and msgspec parses the members that it needs, and no others."""

import sys
from typing import List, Optional

import msgspec
from isal import igzip


class Identity(msgspec.Struct, gc=False):
    arn: Optional[str] = None


class Response(msgspec.Struct, gc=False):
    queryExecutionId: Optional[str] = None


class Record(msgspec.Struct, gc=False):
    eventSource: str
    eventName: str
    eventTime: str
    userIdentity: Identity
    responseElements: Optional[Response] = None


class Log(msgspec.Struct, gc=False):
    Records: List[Record]


class Row(msgspec.Struct, gc=False):
    query_execution_id: str
    start_timestamp: str
    executing_user: Optional[str]


with igzip.open(sys.argv[1]) as file:
    log = msgspec.json.decode(file.read(), type=Log)
rows = [
    Row(record.responseElements.queryExecutionId, record.eventTime, record.userIdentity.arn)
    for record in log.Records
    if record.eventSource == "athena.amazonaws.com"
    and record.eventName == "StartQueryExecution"
    and record.responseElements
    and record.responseElements.queryExecutionId
]
sys.stdout.buffer.write(msgspec.json.Encoder().encode_lines(rows))
