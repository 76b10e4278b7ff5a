"""A release: its files, the workflows that make them, the container, and its deployment with the settings of a team."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml

from support.deployment import Deployment, deploying
from support.local_aws import LocalAWS
from support.processes import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))


@pytest.fixture
def deployment(local_aws: LocalAWS, tmp_path: Path) -> Iterator[Deployment]:
    with deploying(local_aws, tmp_path) as made:
        yield made


# Settings


def deployed_settings(deployment: Deployment) -> Any:
    """The settings in the package that the function runs."""
    body = deployment.aws.client("s3").get_object(
        Bucket=deployment.variables["LAMBDA_BUCKET"], Key=deployment.parameters()["LambdaS3Key"]
    )["Body"].read()
    copy = deployment.package.parent / "deployed.zip"
    copy.write_bytes(body)
    with zipfile.ZipFile(copy) as package:
        assert sorted(package.namelist()) == ["bootstrap", "settings.json"]
        with zipfile.ZipFile(deployment.package) as original:
            assert package.read("bootstrap") == original.read("bootstrap")
        return json.loads(package.read("settings.json"))


@pytest.mark.check
def test_the_settings_of_a_team_are_put_into_a_release(deployment: Deployment, tmp_path: Path) -> None:
    settings = tmp_path / "team.json"
    settings.write_text('{"slack": {"bot_token": "ssm:/athena-alerter/token"}}')
    before = deployment.package.read_bytes()
    said = deployment.run(SETTINGS=str(settings))
    assert f"putting {settings} into a copy of {deployment.package}" in said
    assert deployed_settings(deployment) == json.loads(settings.read_text())
    assert deployment.package.read_bytes() == before
    assert "nothing has changed" in deployment.run(SETTINGS=str(settings))
    settings.write_text('{"thresholds": {"user": null}}')
    assert "updating the stack" in deployment.run(SETTINGS=str(settings))
    assert deployed_settings(deployment) == {"thresholds": {"user": None}}


@pytest.mark.check
def test_the_settings_of_the_package_stay_where_none_are_given(deployment: Deployment) -> None:
    assert "putting" not in deployment.run(SETTINGS="-")
    assert deployed_settings(deployment) == {}
    made = deployment.make("run_cloudformation", SETTINGS="/no/such/settings.json")
    assert made.returncode != 0 and "/no/such/settings.json does not exist" in made.stderr


# The container


class Engine:
    """A stub of a container engine that notes its arguments and writes what the build would."""

    def __init__(self, directory: Path, name: str) -> None:
        self.log = directory / "log"
        program = directory / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{self.log}\nexit "${{ENGINE_STATUS:-0}}"\n')
        program.chmod(0o755)
        self.path = f"{directory}:{os.environ['PATH']}"

    def run(self, name: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [REPOSITORY / "scripts/package-in-container", name],
            env={**os.environ, "PATH": self.path, **environment},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def settings() -> Iterator[None]:
    path = REPOSITORY / "settings.json"
    made = not path.exists()
    if made:
        path.write_text("{}")
    yield
    if made:
        path.unlink()


@pytest.mark.parametrize("name", ["docker", "podman", "finch"])
def test_each_engine_builds_the_package(tmp_path: Path, settings: None, name: str) -> None:
    engine = Engine(tmp_path, name)
    assert engine.run(name, CONTAINER_PLATFORM="linux/arm64").returncode == 0
    words = engine.log.read_text().splitlines()
    assert words[0] == "build" and words[-1] == str(REPOSITORY) and "--platform" in words
    assert f"type=local,dest={REPOSITORY}/build" in words and "package" in words
    failed = engine.run(name, ENGINE_STATUS="1")
    assert failed.returncode == 1 and "the package was not built" in failed.stderr


def test_an_engine_that_is_unknown_or_missing_is_named(tmp_path: Path, settings: None) -> None:
    engine = Engine(tmp_path, "docker")
    assert "expected docker, podman or finch" in engine.run("rkt").stderr
    engine.path = "/usr/bin:/bin"
    assert "finch is not installed" in engine.run("finch").stderr


def test_the_dockerfile_runs_the_projects_own_script() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    assert re.findall(r"^RUN (.+)$", text, re.MULTILINE) == ['scripts/package zip "$SETTINGS" build/athena-alerter.zip']
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${SWIFT_IMAGE}", "scratch"]
    ignored = (REPOSITORY / ".dockerignore").read_text().split()
    assert {"/.build", "/.tools", "/build"} <= set(ignored) and "/settings.json" not in ignored


# The workflows


def workflow(path: Path) -> Dict[str, Any]:
    loaded: Dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_steps_are_the_projects_own_scripts_and_pinned_actions(path: Path) -> None:
    found = workflow(path)
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
            else:
                assert os.access(REPOSITORY / step["run"], os.X_OK), step
    for line in path.read_text().splitlines():
        assert "uses:" not in line or re.search(r"# v\d+\.\d+\.\d+$", line), line


def test_the_workflows_and_the_container_use_one_image() -> None:
    [image] = re.findall(r"^ARG SWIFT_IMAGE=docker.io/library/(\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    containers = [job["container"] for path in WORKFLOWS for job in workflow(path)["jobs"].values() if "container" in job]
    assert len(containers) == 2 and set(containers) == {image}


def test_a_release_is_built_on_both_architectures() -> None:
    jobs = workflow(REPOSITORY / ".github/workflows/release.yml")["jobs"]
    assert jobs["build"]["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]
    assert jobs["publish"]["needs"] == "build"
    # Only the job that publishes may write.
    assert "permissions" not in jobs["build"] and jobs["publish"]["permissions"]["contents"] == "write"


# The files


@pytest.mark.check
def test_the_bill_of_materials_has_the_libraries_of_the_notice() -> None:
    ran = subprocess.run([REPOSITORY / "scripts/sbom"], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    bill = json.loads(ran.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    names = [component["name"] for component in bill["components"]]
    notice = (REPOSITORY / "NOTICE").read_text().split("the following:")[1]
    # The name of a library stands above its license.
    headings = [line.split(" (")[0] for line in re.findall(r"^(\S.+)\n    \S", notice, re.MULTILINE)]
    expected = {line for line in headings if line != "ISA-L" or platform.machine() == "x86_64"}
    assert len(expected) >= 7 and set(names) - expected == {"Mozilla's root certificates"}
    assert expected <= set(names)
    for component in bill["components"]:
        assert component["version"] and re.fullmatch(r"pkg:(deb|github)/[^ ]+@[^ ]+", component["purl"])


@pytest.mark.parametrize("broken", ["tag", "checksum", "architecture", ""])
def test_only_whole_releases_are_published(tmp_path: Path, broken: str) -> None:
    """With a copy of the scripts and a stub of GitHub's command line."""
    for name in ("scripts", "Sources/Commands"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("scripts/publish", "scripts/common", "Sources/Commands/Program.swift", "CHANGELOG.md"):
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    release = tmp_path / "build/release"
    release.mkdir(parents=True)
    for machine in ("x86_64", "arm64"):
        package = release / f"athena-alerter-{machine}.zip"
        package.write_text(machine)
        subprocess.run(f"sha256sum {package.name} >{package.name}.sha256", shell=True, cwd=release, check=True)
    if broken == "checksum":
        (release / "athena-alerter-arm64.zip").write_text("other")
    if broken == "architecture":
        for path in release.glob("*arm64*"):
            path.unlink()
    engine = Engine(tmp_path, "gh")
    version = re.findall(r'version = "(.+)"', (REPOSITORY / "Sources/Commands/Program.swift").read_text())[0]
    tag = "v9.9.9" if broken == "tag" else f"v{version}"
    ran = subprocess.run(
        ["bash", tmp_path / "scripts/publish"], env={**os.environ, "PATH": engine.path, "TAG": tag}, capture_output=True, text=True
    )
    if broken:
        assert ran.returncode == 1 and not engine.log.exists()
    else:
        assert (ran.returncode, ran.stderr) == (0, "")
        words = engine.log.read_text().split()
        assert words[:3] == ["release", "create", tag] and "./athena-alerter-x86_64.zip.sha256" in words
