"""CloudTrail records and files in the formats that AWS delivers."""

from __future__ import annotations

import gzip
import json
import random
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from .emulator import ACCOUNT
from .local_aws import REGION

Record = Dict[str, Any]
Identity = Optional[Dict[str, Any]]

START = datetime(2024, 3, 5, 14, 30, 7, tzinfo=timezone.utc)


# Identities


def iam_user(name: str = "ada", account: str = ACCOUNT) -> Identity:
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLEEXAMPLE000",
        "arn": f"arn:aws:iam::{account}:user/analysts/{name}",
        "accountId": account,
        "accessKeyId": "AKIAEXAMPLEEXAMPLE00",
        "userName": name,
    }


def assumed_role(role: str, session: str, account: str = ACCOUNT, source_identity: Optional[str] = None) -> Identity:
    sso = role.startswith("AWSReservedSSO_")
    path = f"aws-reserved/sso.amazonaws.com/{REGION}/" if sso else ""
    context: Dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLEEXAMPLE000",
            "arn": f"arn:aws:iam::{account}:role/{path}{role}",
            "accountId": account,
            "userName": role,
        },
        "webIdFederationData": {},
        "attributes": {"creationDate": "2024-03-05T14:00:00Z", "mfaAuthenticated": "false"},
    }
    if source_identity is not None:
        context["sourceIdentity"] = source_identity
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLEEXAMPLE000:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
        "sessionContext": context,
    }


def sso_person(email: str = "ada@example.com", account: str = ACCOUNT) -> Identity:
    return assumed_role("AWSReservedSSO_Analyst_0123456789abcdef", email, account)


def machine(role: str = "nightly-etl", session: str = "i-0123456789abcdef0", account: str = ACCOUNT) -> Identity:
    return assumed_role(role, session, account)


def federated_user(name: str = "ada", account: str = ACCOUNT) -> Identity:
    return {
        "type": "FederatedUser",
        "principalId": f"{account}:{name}",
        "arn": f"arn:aws:sts::{account}:federated-user/{name}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
        "sessionContext": {"sessionIssuer": iam_user("broker", account), "attributes": {"mfaAuthenticated": "false"}},
    }


def root(account: str = ACCOUNT) -> Identity:
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": "",
    }


def identity_center_user(user_id: str = "906abcde-1111-2222-3333-444444444444", account: str = ACCOUNT) -> Identity:
    """The name, if there is one, is in the record's ``additionalEventData``."""
    return {
        "type": "IdentityCenterUser",
        "accountId": account,
        "onBehalfOf": {
            "userId": user_id,
            "identityStoreArn": f"arn:aws:identitystore::{account}:identitystore/d-0123456789",
        },
        "credentialId": "example-credential",
    }


def web_identity_user(name: str = "ada@example.com") -> Identity:
    return {
        "type": "WebIdentityUser",
        "principalId": f"accounts.google.com:example.apps.googleusercontent.com:{name}",
        "userName": name,
        "identityProvider": "accounts.google.com",
    }


def saml_user(name: str = "ada@example.com") -> Identity:
    return {
        "type": "SAMLUser",
        "principalId": f"SampleKey=:{name}",
        "userName": name,
        "identityProvider": "SampleKey=",
    }


def aws_service(service: str = "quicksight.amazonaws.com") -> Identity:
    return {"type": "AWSService", "invokedBy": service}


# Events


def record(source: str, name: str, identity: Identity, at: datetime, **members: Any) -> Record:
    built: Record = {
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.15.0 Python/3.11.6 Linux/6.1 prompt/off command/athena.start-query-execution",
        "requestParameters": None,
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    built.update(members)
    return built


def query_start(
    execution_id: Optional[str] = None,
    identity: Identity = None,
    at: datetime = START,
    sql: Optional[str] = "SELECT * FROM sales",
    workgroup: Optional[str] = "analysts",
    region: str = REGION,
    account: str = ACCOUNT,
    **members: Any,
) -> Record:
    """A successful StartQueryExecution. The default identity is `iam_user`; see `without_identity`."""
    request: Dict[str, Any] = {
        "clientRequestToken": str(uuid.uuid4()),
        "resultConfiguration": {"outputLocation": "s3://results/ad-hoc/"},
        "queryExecutionContext": {"database": "shop", "catalog": "AwsDataCatalog"},
    }
    if sql is not None:
        request["queryString"] = sql
    if workgroup is not None:
        request["workGroup"] = workgroup
    return record(
        "athena.amazonaws.com",
        "StartQueryExecution",
        identity or iam_user(account=account),
        at,
        **{
            "awsRegion": region,
            "recipientAccountId": account,
            "requestParameters": request,
            "responseElements": {"queryExecutionId": execution_id or str(uuid.uuid4())},
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": f"athena.{region}.amazonaws.com",
            },
            **members,
        },
    )


def without_identity(start: Record) -> Record:
    return {name: value for name, value in start.items() if name != "userIdentity"}


def identity_center_start(user_name: Optional[str] = "ada@example.com", **arguments: Any) -> Record:
    more: Dict[str, Any] = {"additionalEventData": {"UserName": user_name}} if user_name else {}
    return query_start(identity=identity_center_user(), **more, **arguments)


def query_stop(
    execution_id: str, identity: Identity = None, at: datetime = START, account: str = ACCOUNT, **members: Any
) -> Record:
    """A successful StopQueryExecution."""
    return record(
        "athena.amazonaws.com",
        "StopQueryExecution",
        identity or iam_user(account=account),
        at,
        **{
            "recipientAccountId": account,
            "requestParameters": {"queryExecutionId": execution_id},
            "responseElements": None,
            **members,
        },
    )


def failed_start(
    code: str = "InvalidRequestException", message: str = "Queries of this type are not supported"
) -> Record:
    return query_start(responseElements=None, errorCode=code, errorMessage=message)


def noise(count: int = 10, seed: int = 0, at: datetime = START) -> List[Record]:
    """Records of other services. Some contain text that looks like a query start."""
    chance = random.Random(seed)
    makers = [get_object, assume_role, list_buckets, put_log_events, describe_instances, get_results, look_alike]
    return [chance.choice(makers)(chance, at) for _ in range(count)]


def hexadecimal(chance: random.Random, digits: int) -> str:
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def get_object(chance: random.Random, at: datetime) -> Record:
    bucket, key = (
        "data-" + hexadecimal(chance, 4),
        f"sales/day={chance.randrange(366)}/{hexadecimal(chance, 32)}.parquet",
    )
    return record(
        "s3.amazonaws.com",
        "GetObject",
        machine(),
        at,
        readOnly=True,
        eventCategory="Data",
        managementEvent=False,
        requestID=hexadecimal(chance, 16).upper(),
        requestParameters={"bucketName": bucket, "Host": f"{bucket}.s3.{REGION}.amazonaws.com", "key": key},
        additionalEventData={
            "SignatureVersion": "SigV4",
            "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
            "bytesTransferredIn": 0,
            "bytesTransferredOut": chance.randrange(10**9),
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": hexadecimal(chance, 64),
        },
        resources=[
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
    )


def assume_role(chance: random.Random, at: datetime) -> Record:
    session = f"i-0{hexadecimal(chance, 16)}"
    return record(
        "sts.amazonaws.com",
        "AssumeRole",
        aws_service("ec2.amazonaws.com"),
        at,
        requestParameters={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/nightly-etl", "roleSessionName": session},
        responseElements={
            "credentials": {
                "accessKeyId": "ASIA" + hexadecimal(chance, 16).upper(),
                "sessionToken": hexadecimal(chance, 240),
                "expiration": "Mar 5, 2024, 8:30:07 PM",
            },
            "assumedRoleUser": {"assumedRoleId": f"AROAEXAMPLEEXAMPLE000:{session}"},
        },
        sharedEventID=str(uuid.UUID(int=chance.getrandbits(128))),
    )


def list_buckets(chance: random.Random, at: datetime) -> Record:
    return record(
        "s3.amazonaws.com", "ListBuckets", root(), at, readOnly=True, requestID=hexadecimal(chance, 16).upper()
    )


def put_log_events(chance: random.Random, at: datetime) -> Record:
    return record(
        "logs.amazonaws.com",
        "CreateLogStream",
        machine("function-role", hexadecimal(chance, 12)),
        at,
        requestParameters={"logGroupName": "/aws/lambda/thumbnails", "logStreamName": hexadecimal(chance, 32)},
    )


def describe_instances(chance: random.Random, at: datetime) -> Record:
    items = [{"instanceId": f"i-0{hexadecimal(chance, 16)}"} for _ in range(chance.randrange(1, 8))]
    return record(
        "ec2.amazonaws.com",
        "DescribeInstances",
        iam_user("monitor"),
        at,
        readOnly=True,
        requestParameters={"instancesSet": {"items": items}, "filterSet": {"items": [{"valueSet": {"items": []}}]}},
    )


def get_results(chance: random.Random, at: datetime) -> Record:
    """Another event of Athena's."""
    return record(
        "athena.amazonaws.com",
        "GetQueryResults",
        iam_user(),
        at,
        readOnly=True,
        requestParameters={"queryExecutionId": str(uuid.UUID(int=chance.getrandbits(128)))},
    )


def look_alike(chance: random.Random, at: datetime) -> Record:
    """A record of another service whose strings and inner objects look like a query start."""
    decoy = query_start("decoy-in-a-string", at=at)
    return record(
        "states.amazonaws.com",
        "StartExecution",
        iam_user("pipeline"),
        at,
        requestParameters={
            "input": json.dumps(decoy, separators=(",", ":")),
            "name": f'"eventName":"StartQueryExecution" \\" {hexadecimal(chance, 8)}',
            "eventSource": "athena.amazonaws.com",
            "eventName": "StartQueryExecution",
            "responseElements": {"queryExecutionId": "decoy-in-an-object"},
        },
    )


# Files


def log_text(records: Iterable[Record]) -> bytes:
    return json.dumps({"Records": list(records)}, separators=(",", ":")).encode()


def log_file(records: Iterable[Record]) -> bytes:
    return gzip.compress(log_text(records), mtime=0)


def in_forms(records: List[Record]) -> Dict[str, bytes]:
    """The records in each form in which people have them, besides CloudTrail's own file."""
    lines = [json.dumps(one) for one in records]
    envelopes = [
        {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.athena", "resources": [], "detail": one}
        for one in records
    ]
    looked_up = [{"EventName": one["eventName"], "CloudTrailEvent": line} for one, line in zip(records, lines)]
    subscription = {"owner": "1", "logGroup": "trail", "logStream": "s", "subscriptionFilters": ["f"]}
    checking = [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}]
    messages = [
        {"messageType": "CONTROL_MESSAGE", **subscription, "logEvents": checking},
        {
            "messageType": "DATA_MESSAGE",
            **subscription,
            "logEvents": [{"id": "1", "timestamp": 1, "message": line} for line in lines],
        },
    ]
    return {
        "an array": json.dumps(records, indent=2).encode(),
        "lines": "".join(f"{line}\n" for line in lines).encode(),
        "lookup-events": json.dumps({"Events": looked_up, "NextToken": "x"}, indent=4).encode(),
        "EventBridge, an array": json.dumps(envelopes).encode(),
        "EventBridge, lines": "\n".join(map(json.dumps, envelopes)).encode(),
        "a subscription": "".join(map(json.dumps, messages)).encode(),
        "export lines": "".join(f"2024-03-05T14:30:07.000Z {line}\n" for line in lines).encode(),
        "a byte-order mark": b"\xef\xbb\xbf" + log_text(records),
    }


def log_key(
    account: str = ACCOUNT,
    region: str = REGION,
    time: datetime = START,
    unique: Optional[str] = None,
    prefix: str = "",
    kind: str = "CloudTrail",
) -> str:
    name = f"{account}_{kind}_{region}_{time:%Y%m%dT%H%MZ}_{unique or uuid.uuid4().hex[:16]}.json.gz"
    return f"{prefix}AWSLogs/{account}/{kind}/{region}/{time:%Y/%m/%d}/{name}"


def digest_file() -> bytes:
    """A digest file, which is in the same bucket, lists log files and has no Records."""
    digest = {
        "awsAccountId": ACCOUNT,
        "digestStartTime": "2024-03-05T13:00:00Z",
        "digestEndTime": "2024-03-05T14:00:00Z",
        "digestS3Bucket": "trail",
        "digestSignatureAlgorithm": "SHA256withRSA",
        "logFiles": [{"s3Bucket": "trail", "s3Object": log_key(), "hashAlgorithm": "SHA-256"}],
    }
    return gzip.compress(json.dumps(digest).encode(), mtime=0)


def insights_file() -> bytes:
    """A file of insights, which is in the same bucket and has no calls."""
    insight = {
        "eventVersion": "1.07",
        "eventTime": "2024-03-05T14:30:00Z",
        "eventType": "AwsCloudTrailInsight",
        "insightDetails": {"eventSource": "athena.amazonaws.com", "eventName": "StartQueryExecution", "state": "Start"},
        "eventCategory": "Insight",
    }
    return gzip.compress(json.dumps({"Records": [insight]}).encode(), mtime=0)


def write_large_file(path: Path, megabytes: int = 360, starts: int = 4000, seed: int = 0) -> List[str]:
    """Writes a file with this many megabytes of JSON, and returns the ids of its query starts in order.

    The other records are drawn from a pool, far enough apart that gzip does not see them repeat.
    """
    chance = random.Random(seed)
    pool = [json.dumps(one, separators=(",", ":")).encode() for one in noise(3000, seed)]
    average = sum(map(len, pool)) // len(pool)
    records = megabytes * 1_000_000 // average
    started = set(chance.sample(range(records), starts))
    ids: List[str] = []
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"Records":[')
        batch: List[bytes] = []
        for index in range(records):
            if index in started:
                ids.append(str(uuid.UUID(int=chance.getrandbits(128))))
                start = query_start(ids[-1], sso_person(), START + timedelta(seconds=index % 900))
                batch.append(json.dumps(start, separators=(",", ":")).encode())
            else:
                batch.append(chance.choice(pool))
            if len(batch) == 1000 or index == records - 1:
                file.write(b",".join(batch) + (b"," if index < records - 1 else b""))
                batch = []
        file.write(b"]}")
    return ids
