"""The addresses of all services in all regions are those of AWS's own SDK."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from support.probe import probe
from support.processes import REPOSITORY, harmless_aws_environment

LOADER = Loader()
# The SDK's names of services whose host names have other ones.
SDK_NAMES = {"monitoring": "cloudwatch"}
PARTITIONS: Dict[str, Any] = LOADER.load_data("partitions")


def regions() -> List[str]:
    return [name for one in PARTITIONS["partitions"] for name in one["regions"] if not name.endswith("-global")]


def services() -> List[str]:
    source = (REPOSITORY / "Sources/AWS/AWSService.swift").read_text()
    return re.findall(r'AWSService\(\s*"(\w+)"', source)


def resolved(service: str, region: str, fips: bool, dual_stack: bool) -> str:
    """The SDK's address; for S3 that of the object `k` in the bucket `bucket`."""
    rules = LOADER.load_service_model(SDK_NAMES.get(service, service), "endpoint-rule-set-1")
    bucket = {"Bucket": "bucket"} if service == "s3" else {}
    place = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack, **bucket}
    try:
        url: str = EndpointProvider(rules, PARTITIONS).resolve_endpoint(**place).url
    except EndpointProviderError:
        return "error"
    return url + ("/k" if bucket else "/")


@pytest.mark.parametrize("dual_stack", [False, True], ids=["IPv4", "dual stack"])
@pytest.mark.parametrize("fips", [False, True], ids=["ordinary", "FIPS"])
def test_every_address_is_that_of_the_sdk(aws_probe: Path, fips: bool, dual_stack: bool) -> None:
    chosen = {"AWS_USE_FIPS_ENDPOINT": str(fips), "AWS_USE_DUALSTACK_ENDPOINT": str(dual_stack)}
    called = probe(aws_probe, {**harmless_aws_environment(), **chosen}, "addresses", body="\n".join(regions()).encode())
    assert called.succeeded, called.error_text
    lines = [line.split(" ", 2) for line in called.output.decode().splitlines()]
    ours = {(service, region): "error" if url.startswith("error: ") else url for service, region, url in lines}
    theirs = {(service, region): resolved(service, region, fips, dual_stack) for service in services() for region in regions()}
    assert len(regions()) > 40 and len(services()) >= 10
    assert ours == theirs


def test_a_kind_of_endpoints_that_is_neither_true_nor_false_ends_the_start(executable: Path) -> None:
    environment = {**harmless_aws_environment(), "AWS_USE_FIPS_ENDPOINT": "on", "AWS_REGION": "eu-west-1"}
    ended = subprocess.run(
        [executable, "reconcile", "s3://b"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "AWS_USE_FIPS_ENDPOINT must be true or false, not 'on'" in ended.stderr
