"""The `aws` command as `scripts/deploy` knows it, in versions 1 and 2, over one stack in a file.

Standard error, exit codes and presigned addresses are those of the two versions. The stack follows CloudFormation's
rules for its statuses: which of them can be updated, created anew and deleted.

Run as a program it is the command; `AWSCommand` puts it on the path of a test.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Optional

STATE = "STUB_AWS_STATE"
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Stub/1"
# Statuses that CloudFormation updates.
UPDATED = [
    f"{operation}_COMPLETE" for operation in ("CREATE", "UPDATE", "UPDATE_ROLLBACK", "IMPORT", "IMPORT_ROLLBACK")
]


@dataclass
class AWSCommand:
    """The command of one version, with its stack in this status."""

    directory: Path
    version: int = 2
    status: Optional[str] = None
    parameters: Optional[Dict[str, str]] = None
    # What the next operation makes of the stack, and what it refuses the operation with.
    becomes: Optional[str] = None
    refusal: str = ""
    region: str = "eu-west-1"
    # The bucket that a rollback could not delete.
    bucket: str = ""
    # The configuration of the one workgroup.
    workgroup: Optional[Dict[str, Any]] = None

    def install(self) -> str:
        """The folder to put first on the path."""
        state = {name: value for name, value in vars(self).items() if name != "directory"}
        self.state.write_text(json.dumps({**state, "calls": []}))
        command = self.directory / "aws"
        command.write_text(f"#!/bin/sh\n{STATE}='{self.state}' exec '{sys.executable}' '{__file__}' \"$@\"\n")
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        return str(self.directory)

    @property
    def state(self) -> Path:
        return self.directory / "state.json"

    def calls(self) -> List[List[str]]:
        found: List[List[str]] = json.loads(self.state.read_text())["calls"]
        return found

    def operations(self) -> List[str]:
        return [" ".join(call[:2]) for call in self.calls()]

    def option(self, operation: str, name: str) -> str:
        """An option of the last call of an operation."""
        [*_, call] = [call for call in self.calls() if call[1] == operation]
        return call[call.index(name) + 1]


class Command:
    def __init__(self, state: Path, arguments: List[str]) -> None:
        self.path, self.arguments = state, arguments
        self.state: Dict[str, Any] = json.loads(state.read_text())
        self.state["calls"].append(arguments)

    def run(self) -> None:
        self.warn()
        service, operation = self.arguments[:2]
        getattr(self, f"{service}_{operation}".replace("-", "_"))()
        self.save()

    def save(self) -> None:
        self.path.write_text(json.dumps(self.state))

    def option(self, name: str) -> str:
        return self.arguments[self.arguments.index(name) + 1]

    # What the versions print

    def warn(self) -> None:
        if self.state["version"] == 1:
            where = "/usr/lib/python3/dist-packages/boto3/compat.py:88: PythonDeprecationWarning:"
            print(f"{where} Boto3 will no longer support Python 3.8.\n  warnings.warn(warning)", file=sys.stderr)
        else:
            print("/usr/local/aws-cli/urllib3/connectionpool.py:1099: InsecureRequestWarning", file=sys.stderr)

    def refuse(self, code: str, operation: str, message: str) -> NoReturn:
        text = f"An error occurred ({code}) when calling the {operation} operation: {message}"
        if self.state["version"] == 1:
            self.end(f"\n{text}\n", 255)
        self.end("\n" + textwrap.fill(f"aws: [ERROR]: {text}", 60) + "\n", 254)

    def end(self, text: str, status: int) -> NoReturn:
        self.save()
        sys.stderr.write(text)
        sys.exit(status)

    def answer(self, value: Any) -> None:
        import jmespath
        from awscli.text import format_text

        assert self.option("--output") == "text"
        format_text(jmespath.search(self.option("--query"), value), sys.stdout)

    # The operations

    def configure_get(self) -> None:
        if not self.state["region"]:
            self.end("", 1)
        print(self.state["region"])

    def s3_cp(self) -> None:
        pass

    def s3_rb(self) -> None:
        print(f"remove_bucket: {self.state['bucket']}")
        self.state["bucket"] = ""

    def s3_presign(self) -> None:
        bucket, _, key = self.arguments[2].removeprefix("s3://").partition("/")
        region = os.environ["AWS_DEFAULT_REGION"] if self.state["version"] == 1 else os.environ["AWS_REGION"]
        china = ".cn" if region.startswith("cn-") else ""
        regional = self.state["version"] == 2 or china
        host = f"s3.{region}.amazonaws.com{china}" if regional else "s3.amazonaws.com"
        place = f"{host}/{bucket}" if "." in bucket else f"{bucket}.{host}"
        print(f"https://{place}/{key}?AWSAccessKeyId=AKIA&Signature=x%3D&Expires=1")

    def athena_get_work_group(self) -> None:
        if self.state["workgroup"] is None:
            name = self.option("--work-group")
            self.refuse("InvalidRequestException", "GetWorkGroup", f"WorkGroup {name} is not found.")
        self.answer({"WorkGroup": {"Configuration": self.state["workgroup"]}})

    def cloudformation_describe_stacks(self) -> None:
        status = self.state["status"]
        by_id = self.option("--stack-name") == STACK_ID
        if not status or status == "DELETE_COMPLETE" and not by_id:
            name = self.option("--stack-name")
            self.refuse("ValidationError", "DescribeStacks", f"Stack with id {name} does not exist")
        stack: Dict[str, Any] = {"StackId": STACK_ID, "StackStatus": status}
        parameters = self.state["parameters"]
        if parameters is not None:
            stack["Parameters"] = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        stack["Outputs"] = [{"OutputKey": "Notification", "OutputValue": "a-function"}]
        self.answer({"Stacks": [stack]})

    def cloudformation_describe_stack_resources(self) -> None:
        resources = [{"ResourceStatus": "DELETE_COMPLETE", "ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "q"}]
        if self.state["bucket"]:
            bucket = {"ResourceStatus": "DELETE_FAILED", "ResourceType": "AWS::S3::Bucket"}
            resources.append({**bucket, "PhysicalResourceId": self.state["bucket"]})
        self.answer({"StackResources": resources})

    def cloudformation_create_stack(self) -> None:
        status = self.state["status"]
        if self.state["bucket"]:
            self.refuse("AlreadyExistsException", "CreateStack", f"{self.state['bucket']} already exists")
        if status and status != "DELETE_COMPLETE":
            self.refuse("AlreadyExistsException", "CreateStack", f"Stack [{self.option('--stack-name')}] already exists")
        self.change("create", "CREATE_COMPLETE")
        self.answer({"StackId": STACK_ID})

    def cloudformation_update_stack(self) -> None:
        status = self.state["status"]
        if self.state["refusal"]:
            self.refuse("ValidationError", "UpdateStack", self.state["refusal"])
        if status not in UPDATED:
            message = f"Stack:{STACK_ID} is in {status} state and can not be updated."
            self.refuse("ValidationError", "UpdateStack", message)
        self.change("update", "UPDATE_COMPLETE")
        self.answer({"StackId": STACK_ID})

    def cloudformation_delete_stack(self) -> None:
        self.change("delete", "DELETE_COMPLETE")

    def change(self, operation: str, usual: str) -> None:
        becomes = self.state["becomes"]
        mine = becomes and {"create": ("CREATE", "ROLLBACK"), "update": ("UPDATE",), "delete": ("DELETE",)}[operation]
        self.state["status"] = becomes if mine and becomes.startswith(mine) else usual

    def cloudformation_wait(self) -> None:
        goal = self.arguments[2]
        status = self.state["status"]
        if status != goal.removeprefix("stack-").replace("-", "_").upper():
            why = "Waiter encountered a terminal failure state: "
            why += f'For expression "Stacks[].StackStatus" we matched "{status}"'
            if status.endswith("_IN_PROGRESS"):
                why = "Max attempts exceeded"
            self.end(f"\nWaiter Stack{goal} failed: {why}\n", 255)

    def cloudformation_describe_stack_events(self) -> None:
        name = "--client-request-token"
        tokens = [call[call.index(name) + 1] for call in self.state["calls"] if name in call]
        event = {"ClientRequestToken": tokens[-1], "ResourceStatus": "DELETE_FAILED", "LogicalResourceId": "QueriesTable"}
        event.update(ResourceType="AWS::DynamoDB::Table", ResourceStatusReason="it is in use")
        self.answer({"StackEvents": [event]})


if __name__ == "__main__":
    Command(Path(os.environ[STATE]), sys.argv[1:]).run()
