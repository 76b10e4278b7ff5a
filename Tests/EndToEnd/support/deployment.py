"""`make run_cloudformation` and `make delete_cloudformation` against the local AWS.

The command line reaches loopback only: its endpoint is the local AWS, its credentials are valid nowhere else, and its
proxy for every other address does not exist.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import uuid
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List

from .local_aws import REGION, LocalAWS
from .processes import REPOSITORY

X86_64, ARM64 = b"\x3e\x00", b"\xb7\x00"


def write_package(path: Path, program: bytes, machine: bytes = X86_64, settings: str = "{}") -> Path:
    """Writes a zip with the files that `make package` puts in, and with the beginning of an executable."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        # Longer than a pipe's buffer, like the real one.
        package.writestr("bootstrap", b"\x7fELF" + bytes(14) + machine + program + bytes(2**20))
        package.writestr("settings.json", settings)
    return path


@dataclass
class Deployment:
    """One stack with names of its own, and the command that deploys it."""

    aws: LocalAWS
    package: Path
    variables: Dict[str, str]
    environment: Dict[str, str]

    def of(self, system: str, **variables: str) -> "Deployment":
        """Another system, as a stack of its own."""
        package = {name: self.variables[name] for name in ("LAMBDA_BUCKET", "LAMBDA_KEY")}
        stack = f"{self.stack}-{system}".replace("_", "-")
        return replace(self, variables={**package, "SYSTEM": system, "STACK_NAME": stack, **variables})

    def make(self, target: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        # Without the developer's own settings.
        variables = {**self.variables, "PACKAGE": str(self.package), "SETTINGS": "-", **changes}
        words = [f"{name}={value}" for name, value in variables.items()]
        return subprocess.run(
            ["make", "--no-print-directory", "-C", str(REPOSITORY), *words, target],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run(self, **changes: str) -> str:
        made = self.make("run_cloudformation", **changes)
        assert (made.returncode, made.stderr) == (0, "")
        return made.stdout

    @property
    def stack(self) -> str:
        return self.variables["STACK_NAME"]

    def described(self) -> Dict[str, Any]:
        answer: Dict[str, Any] = self.aws.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return answer

    def parameters(self) -> Dict[str, str]:
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.described()["Parameters"]}

    def outputs(self) -> Dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.described()["Outputs"]}

    def ids(self) -> Dict[str, str]:
        """The physical ids of the stack's resources by logical id, for the types that the local AWS supports."""
        found = self.aws.client("cloudformation").describe_stack_resources(StackName=self.stack)["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found if "PhysicalResourceId" in one}

    def function(self, name: str) -> Dict[str, Any]:
        return self.ask_lambda("get_function_configuration", name)

    def ask_lambda(self, operation: str, name: str) -> Dict[str, Any]:
        function = self.ids()[name]
        with self.aws.unchecked():
            found: Dict[str, Any] = getattr(self.aws.client("lambda"), operation)(FunctionName=function)
        return found

    def statements(self, role: str) -> List[Dict[str, Any]]:
        """The statements of the one policy of a role, as AWS stores them."""
        iam, name = self.aws.client("iam"), self.ids()[role]
        assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
        [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        # The local AWS stores the text of a Python value, with None for NoValue.
        return [statement for statement in ast.literal_eval(document)["Statement"] if statement is not None]


@contextmanager
def deploying(local_aws: LocalAWS, directory: Path) -> Iterator[Deployment]:
    """An alerter that is not deployed yet. Its stack and those of its other systems are deleted at the end."""
    name = f"Alerter-{uuid.uuid4().hex[:8]}"
    code = f"{name}-code".lower()
    local_aws.client("s3").create_bucket(Bucket=code, CreateBucketConfiguration={"LocationConstraint": REGION})
    nowhere = "http://127.0.0.1:1"
    # Without the developer's own settings and the variables of a make that runs the tests.
    strange = ("AWS_", "MAKE", "MFLAGS", "SYSTEM", "STACK_NAME", "MOVED")
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(strange)}
    environment = {
        **inherited,
        **local_aws.environment(local_aws.admin),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **{proxy: nowhere for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")},
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    names = ("LAMBDA_BUCKET", "LAMBDA_KEY", "CLOUDTRAIL_BUCKET", "DYNAMODB_TABLE_NAME", "SQS_QUEUE_NAME")
    values = (code, "lambda/athena.alerter.zip", f"{name}-trail".lower(), f"{name}_queries", f"{name}-finished")
    variables = {**dict(zip(names, values)), "STACK_NAME": name}
    yield Deployment(local_aws, write_package(directory / "first.zip", b"first"), variables, environment)
    cloudformation = local_aws.client("cloudformation")
    for stack in cloudformation.describe_stacks()["Stacks"]:
        if stack["StackName"].startswith(name):
            cloudformation.delete_stack(StackName=stack["StackName"])
