"""The start of a handler in Python: boto3 with the clients of the Python original, and the event loop."""

import http.client
import os

import boto3

dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    event.read()
    api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", b'{"batchItemFailures":[]}')
    api.getresponse().read()
