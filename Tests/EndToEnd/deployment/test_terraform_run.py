"""Terraform itself checks the modules, and makes the alerter's resources on the local AWS.

Neither Terraform nor its provider can be had from Debian's or Python's index. The tests run where ``terraform`` is on the
path and ``TERRAFORM_PROVIDERS`` names a folder of providers, as ``terraform providers mirror`` makes it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any, Dict

import pytest

from support.local_aws import LocalAWS
from support.processes import REPOSITORY, harmless_aws_environment

PROVIDERS = os.environ.get("TERRAFORM_PROVIDERS", "")
MODULES = REPOSITORY / "terraform"
CONFIGURATION = """
provider "aws" {
  s3_use_path_style = true
}

module "alerter" {
  source            = "%s"
  package           = "%s"
  cloudtrail_bucket = "my-trail"
  create_dashboard  = true
  allow_stop        = true
  hints             = true
}
"""

pytestmark = pytest.mark.skipif(
    not (PROVIDERS and shutil.which("terraform")), reason="needs terraform, and its providers in TERRAFORM_PROVIDERS"
)


class Terraform:
    """Runs Terraform in a folder, with the providers of another and without the network."""

    def __init__(self, folder: Path, environment: Dict[str, str]) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))},
            **harmless_aws_environment(),
            "CHECKPOINT_DISABLE": "1",
            **environment,
        }
        self.run("init", "-backend=false", f"-plugin-dir={PROVIDERS}")

    def run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", command, "-no-color", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.mark.parametrize("module", [".", "modules/region"])
def test_terraform_accepts_each_module(module: str, tmp_path: Path) -> None:
    folder = shutil.copytree(MODULES, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    terraform = Terraform(folder / module, {"AWS_REGION": "eu-west-1"})
    answer = json.loads(terraform.run("validate", "-json"))
    assert answer["valid"] and answer["diagnostics"] == []
    terraform.run("fmt", "-check", "-recursive")


def test_terraform_makes_the_alerter(local_aws: LocalAWS, tmp_path: Path) -> None:
    package = tmp_path / "program.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    (tmp_path / "main.tf").write_text(CONFIGURATION % (MODULES, package))
    admin = local_aws.admin
    terraform = Terraform(
        tmp_path,
        {
            "AWS_ENDPOINT_URL": local_aws.endpoint,
            "AWS_REGION": local_aws.region,
            "AWS_ACCESS_KEY_ID": admin.access_key_id,
            "AWS_SECRET_ACCESS_KEY": admin.secret_access_key,
        },
    )
    with local_aws.unchecked():
        terraform.run("apply", "-auto-approve", "-input=false")
        made = local_aws.client("lambda").list_functions()["Functions"]
        terraform.run("plan", "-input=false", "-out=second.plan")
        again: Dict[str, Any] = json.loads(terraform.run("show", "-json", "second.plan"))
    names = {"AthenaAlerter-CloudtrailHandler", "AthenaAlerter-UsageUpdate", "AthenaAlerter-Notification"}
    assert {one["FunctionName"] for one in made} >= names
    changed = {one["address"]: one["change"]["actions"] for one in again["resource_changes"]}
    # The local AWS keeps no logging settings and writes a policy with other spaces, so that some are updated again.
    assert all(actions in (["no-op"], ["update"]) for actions in changed.values()), changed
