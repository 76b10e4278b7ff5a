"""An S3 store that checks signatures, dates and body hashes as strictly as S3 accepts the executable's requests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from support.objects import BODY, ODD_KEYS
from support.probe import probe
from support.processes import harmless_aws_environment
from support.strict_s3 import StrictS3, installed

pytestmark = [
    pytest.mark.check,
    pytest.mark.skipif(not installed() or not shutil.which("faketime"), reason="needs scripts/setup strict-s3"),
]

# Keys that some servers normalize before they look them up.
PATH_LIKE_KEYS = ["a//b", "/a", "//", "./a", "a/./b", "a/../b", "..", "a/.."]
SKEWS = ["+20 minutes", "-20 minutes", "+400 days"]


@pytest.fixture(scope="module")
def store() -> Iterator[StrictS3]:
    with StrictS3() as serving:
        client(serving).create_bucket(Bucket="trail")
        client(serving).put_object(Bucket="trail", Key="object", Body=BODY)
        yield serving


def client(store: StrictS3) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=store.region,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )


def environment(store: StrictS3, **more: str) -> Dict[str, str]:
    return {
        **harmless_aws_environment(),
        "AWS_ENDPOINT_URL": store.endpoint,
        "AWS_REGION": store.region,
        "AWS_ACCESS_KEY_ID": store.access_key,
        "AWS_SECRET_ACCESS_KEY": store.secret_key,
        **more,
    }


@pytest.mark.parametrize("key", [*ODD_KEYS, *PATH_LIKE_KEYS], ids=lambda key: ascii(key[:30]))
def test_objects_of_any_name(store: StrictS3, aws_probe: Path, key: str) -> None:
    put = probe(aws_probe, environment(store), "put-object", "trail", key, body=BODY)
    assert put.succeeded, put.error_text
    listed = client(store).list_objects_v2(Bucket="trail")["Contents"]
    assert key in [one["Key"] for one in listed]
    got = probe(aws_probe, environment(store), "get-object", "trail", key)
    assert got.output == BODY, got.error_text


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_bodies_of_any_size(store: StrictS3, aws_probe: Path, size: int) -> None:
    body = os.urandom(size)
    assert probe(aws_probe, environment(store), "put-object", "trail", "sized", body=body).succeeded
    assert probe(aws_probe, environment(store), "get-object", "trail", "sized").output == body


@pytest.mark.parametrize(
    "more, code",
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
        # This store reports an unknown key as a wrong secret.
        ({"AWS_ACCESS_KEY_ID": "test:nobody"}, "SignatureDoesNotMatch"),
    ],
    ids=["secret", "key"],
)
def test_a_wrong_request_is_refused(store: StrictS3, aws_probe: Path, more: Dict[str, str], code: str) -> None:
    called = probe(aws_probe, environment(store, **more), "get-object", "trail", "object")
    assert not called.succeeded and called.output == b""
    assert code in called.error_text


def test_the_region_that_the_store_names_is_followed(store: StrictS3, aws_probe: Path) -> None:
    got = probe(aws_probe, environment(store, AWS_REGION="us-east-1"), "get-object", "trail", "object")
    assert got.output == BODY, got.error_text


# A wrong clock

BOTO3 = """
import boto3, sys
from botocore.config import Config
config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
try:
    boto3.client("s3", config=config).get_object(Bucket="trail", Key="object")
except Exception as error:
    sys.exit(error.response["Error"]["Code"])
"""


@pytest.mark.parametrize("skew", SKEWS)
def test_a_wrong_clock_is_corrected(store: StrictS3, aws_probe: Path, skew: str) -> None:
    wrong = ["faketime", "-f", skew_of(skew)]
    variables = {**environment(store), "PATH": os.environ["PATH"]}
    # Without the correction the store refuses.
    refused = subprocess.run(
        [*wrong, sys.executable, "-c", BOTO3], env=variables, capture_output=True, text=True, timeout=60
    )
    assert refused.stderr.strip() == "RequestTimeTooSkewed"
    for _ in range(2):
        got = probe(aws_probe, variables, "get-object", "trail", "object", under=wrong)
        assert got.output == BODY, got.error_text
    put = probe(aws_probe, variables, "put-object", "trail", "late", body=BODY, under=wrong)
    assert put.succeeded, put.error_text


def skew_of(words: str) -> str:
    """The offset in faketime's notation: ``+20 minutes`` is ``+20m``."""
    number, unit = words.split()
    return number + unit[0]


def test_a_wrong_clock_with_a_wrong_secret_is_refused(store: StrictS3, aws_probe: Path) -> None:
    variables = {**environment(store, AWS_SECRET_ACCESS_KEY="wrong"), "PATH": os.environ["PATH"]}
    called = probe(aws_probe, variables, "get-object", "trail", "object", under=["faketime", "-f", "+20m"])
    assert not called.succeeded
    assert "SignatureDoesNotMatch" in called.error_text
