"""Each service accepts the calls of the executable, with valid credentials from every source, and no other calls."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

from support import cloudtrail
from support.alerter_stack import AlerterStack
from support.local_aws import Credentials, LocalAWS
from support.objects import BODY, ODD_KEYS
from support.probe import ProbeResult, probe

# No server listens there, and no test is given this port.
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def aws(local_aws: LocalAWS) -> LocalAWS:
    local_aws.arm()
    return local_aws


@pytest.fixture(scope="module")
def stored(local_aws: LocalAWS) -> Dict[str, str]:
    """A bucket with an object, a secret and a parameter, by kind."""
    bucket = local_aws.create_stack_like_resources().bucket
    local_aws.client("s3").put_object(Bucket=bucket, Key="object", Body=BODY)
    local_aws.client("secretsmanager").create_secret(Name=f"{bucket}/token", SecretString='{"a": "é"}')
    local_aws.client("ssm").put_parameter(Name=f"/{bucket}/token", Value="xoxb-é", Type="SecureString")
    return {"bucket": bucket, "secret": f"{bucket}/token", "parameter": f"/{bucket}/token"}


def without_keys(environment: Dict[str, str]) -> Dict[str, str]:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name: value for name, value in environment.items() if name not in keys}


# Calls


@pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: ascii(key[:30]))
def test_objects_of_any_name(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], key: str) -> None:
    put = probe(aws_probe, aws.environment(aws.admin), "put-object", stored["bucket"], key, body=BODY)
    assert put.succeeded, put.error_text
    assert aws.client("s3").get_object(Bucket=stored["bucket"], Key=key)["Body"].read() == BODY
    got = probe(aws_probe, aws.environment(), "get-object", stored["bucket"], key)
    assert got.output == BODY, got.error_text


@pytest.mark.parametrize("bucket", ["with.dots", "three-3"])
def test_buckets_of_any_name(aws: LocalAWS, aws_probe: Path, bucket: str) -> None:
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    assert probe(aws_probe, aws.environment(aws.admin), "put-object", bucket, "a/b", body=b"").succeeded
    got = probe(aws_probe, aws.environment(), "get-object", bucket, "a/b")
    assert got.succeeded and got.output == b"", got.error_text


def test_secrets(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str]) -> None:
    for who in (aws.alerter_user, aws.session_credentials()):
        environment = aws.environment(who)
        assert probe(aws_probe, environment, "secret", stored["secret"]).output.decode() == '{"a": "é"}\n'
        assert probe(aws_probe, environment, "parameter", stored["parameter"]).output.decode() == "xoxb-é\n"


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("get-object", "{bucket}", "absent"), "NoSuchKey"),
        (("get-object", "no-such-bucket-anywhere", "x"), "NoSuchBucket"),
        (("secret", "absent"), "ResourceNotFoundException"),
        (("parameter", "/absent"), "ParameterNotFound"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_errors_keep_their_names(
    aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], arguments: List[str], code: str
) -> None:
    called = probe(aws_probe, aws.environment(), *(one.format(**stored) for one in arguments))
    assert not called.succeeded and called.output == b""
    assert code in called.error_text


def test_a_denied_call_says_so(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str]) -> None:
    reader = aws.create_user("reader", ["s3:GetObject"])
    called = probe(aws_probe, aws.environment(reader), "put-object", stored["bucket"], "forbidden")
    assert not called.succeeded and "AccessDenied" in called.error_text


def test_an_alert_makes_only_signed_and_allowed_calls(aws: LocalAWS, alerter: AlerterStack) -> None:
    name = alerter.resources.bucket
    aws.client("ssm").put_parameter(Name=f"/{name}/token", Value=alerter.slack.bot_token, Type="SecureString")
    alerter.write_settings(slack={"bot_token": f"ssm:/{name}/token", "channel": "#athena", "email_domain": "example.com"})
    alerter.slack.add_person("ada@example.com", "U0ADA")
    aws.reset_calls()
    assert alerter.deliver([cloudtrail.query_start("one", cloudtrail.sso_person())])[-1].succeeded
    aws.put_execution("one", state="SUCCEEDED", bytes=200 * 2**30)
    assert alerter.tick().succeeded
    delivery = alerter.drain()
    assert (delivery.received, delivery.returned) == (1, 0)
    assert len(alerter.slack.channel_messages("#athena")) == len(alerter.slack.direct_messages("U0ADA")) == 1
    called = set(aws.calls())
    assert {"s3.GetObject", "athena.BatchGetQueryExecution", "ssm.GetParameter", "dynamodb.Query"} <= called


@pytest.mark.parametrize("member", [None, "token"])
def test_the_bot_token_may_be_a_secret_or_a_member_of_one(
    aws: LocalAWS, alerter: AlerterStack, member: Optional[str]
) -> None:
    name = f"{alerter.resources.bucket}-token"
    token = alerter.slack.bot_token
    text = json.dumps({member: token, "other": "x"}) if member else token
    aws.client("secretsmanager").create_secret(Name=name, SecretString=text)
    place = f"secretsmanager:{name}" + (f"#{member}" if member else "")
    alerter.write_settings(slack={"bot_token": place, "channel": "#athena"}, thresholds={"channel": 1, "user": 2**50})
    alerter.deliver([cloudtrail.query_start("one")])
    aws.put_execution("one", state="SUCCEEDED", bytes=5)
    alerter.tick()
    assert alerter.drain().returned == 0
    assert len(alerter.slack.channel_messages("#athena")) == 1


# Invalid credentials


def wrong(aws: LocalAWS) -> Dict[str, Credentials]:
    session = aws.session_credentials()
    return {
        "secret key": aws.alerter_user._replace(secret_access_key="wrong" * 8),
        "secret key of a session": session._replace(secret_access_key="wrong" * 8),
        "token": session._replace(session_token="FwoGZXIvYXdzwrong"),
        "no token": session._replace(session_token=None),
        "unknown key": Credentials("AKIAUNKNOWNUNKNOWN00", "wrong" * 8),
    }


@pytest.mark.parametrize("what", ["secret key", "secret key of a session", "token", "no token", "unknown key"])
def test_wrong_credentials_are_refused(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], what: str) -> None:
    environment = aws.environment(wrong(aws)[what])
    for arguments in (
        ("get-object", stored["bucket"], "object"),
        ("secret", stored["secret"]),
        ("parameter", stored["parameter"]),
    ):
        called = probe(aws_probe, environment, *arguments)
        assert not called.succeeded and called.output == b""
        assert "refused" in called.error_text
        for secret in (environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN", "\0")):
            assert secret not in called.error_text


def test_a_wrong_secret_key_is_named_in_the_error(aws: LocalAWS, alerter: AlerterStack) -> None:
    key = alerter.put_log([cloudtrail.query_start("one")])
    good = alerter.environment["AWS_SECRET_ACCESS_KEY"]
    alerter.set_environment(AWS_SECRET_ACCESS_KEY="wrong" * 8)
    for invocation in (*alerter.announce(key), alerter.tick()):
        assert invocation.error is not None
        assert "was refused" in invocation.error["errorMessage"]
        assert "wrongwrong" not in "".join(invocation.log_lines)
    assert alerter.rows() == []
    alerter.set_environment(AWS_SECRET_ACCESS_KEY=good)
    assert alerter.announce(key)[-1].succeeded
    assert len(alerter.rows()) == 1


# Sources of credentials and the region


@pytest.fixture
def bare(aws: LocalAWS, tmp_path: Path) -> Dict[str, str]:
    """No keys and no region, but paths of files that a test can write."""
    environment = without_keys(aws.environment())
    del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
    return {
        **environment,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def write_profile(environment: Dict[str, str], name: str, who: Credentials, region: str) -> None:
    lines = [f"aws_access_key_id = {who.access_key_id}", f"aws_secret_access_key={who.secret_access_key}"]
    if who.session_token:
        lines.append(f"aws_session_token =   {who.session_token}")
    with open(environment["AWS_SHARED_CREDENTIALS_FILE"], "a") as file:
        file.write("# made by a test\n[other]\naws_access_key_id = x\n\n" + "\n".join([f"[{name}]", *lines, ""]))
    title = name if name == "default" else f"profile {name}"
    with open(environment["AWS_CONFIG_FILE"], "a") as file:
        file.write(f"[{title}]\nregion = {region}\ns3 =\n  addressing_style = path\noutput = json\n")


def test_a_profile_of_the_shared_files(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], bare: Any) -> None:
    write_profile(bare, "work", aws.session_credentials(), aws.region)
    called = probe(aws_probe, {**bare, "AWS_PROFILE": "work"}, "parameter", stored["parameter"])
    assert called.output.decode() == "xoxb-é\n", called.error_text


def test_the_default_profile(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], bare: Any) -> None:
    write_profile(bare, "default", aws.alerter_user, aws.region)
    called = probe(aws_probe, bare, "parameter", stored["parameter"])
    assert called.output.decode() == "xoxb-é\n", called.error_text


def test_the_files_in_the_home_directory(
    aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], bare: Any, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    files = {**bare, "AWS_CONFIG_FILE": f"{tmp_path}/.aws/config"}
    files["AWS_SHARED_CREDENTIALS_FILE"] = f"{tmp_path}/.aws/credentials"
    write_profile(files, "work", aws.alerter_user, aws.region)
    del files["AWS_CONFIG_FILE"], files["AWS_SHARED_CREDENTIALS_FILE"]
    home = {**files, "HOME": str(tmp_path), "AWS_PROFILE": "work"}
    called = probe(aws_probe, home, "parameter", stored["parameter"])
    assert called.output.decode() == "xoxb-é\n", called.error_text


def test_the_environments_region_comes_before_the_profiles(
    aws: LocalAWS, aws_probe: Path, stored: Dict[str, str], bare: Any
) -> None:
    write_profile(bare, "work", aws.alerter_user, "us-east-2")
    there = probe(aws_probe, {**bare, "AWS_PROFILE": "work"}, "parameter", stored["parameter"])
    assert "ParameterNotFound" in there.error_text
    here = probe(aws_probe, {**bare, "AWS_PROFILE": "work", "AWS_REGION": aws.region}, "parameter", stored["parameter"])
    assert here.succeeded, here.error_text


@pytest.mark.parametrize(
    "more, error_text",
    [
        ({"AWS_PROFILE": "nobody", "AWS_REGION": "eu-west-1"}, "there is no profile 'nobody'"),
        ({"AWS_REGION": "eu-west-1"}, "no AWS credentials"),
        ({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}, "AWS_REGION is not set"),
        (
            {
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "y",
                "AWS_REGION": "r",
                "AWS_ENDPOINT_URL": "127.0.0.1",
            },
            "AWS_ENDPOINT_URL must begin with http",
        ),
    ],
    ids=["profile", "credentials", "region", "endpoint"],
)
def test_a_missing_credential_source_is_named(aws_probe: Path, bare: Any, more: Dict[str, str], error_text: str) -> None:
    called = probe(aws_probe, {**bare, **more}, "secret", "x")
    assert not called.succeeded
    assert error_text in called.error_text


# The credentials endpoint of a container


class Container:
    """Returns credentials for the right token."""

    token = "Bearer the-token"

    def __init__(self, credentials: Credentials) -> None:
        container = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                container.requests.append(self.path)
                known = self.headers.get("Authorization") == container.token
                self.send_response(200 if known else 401)
                self.end_headers()
                self.wfile.write(container.answer() if known else b'{"message": "who are you?"}')

            def log_message(self, *_: Any) -> None:
                """Sends no response."""

        self.credentials = credentials
        self.requests: List[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v2/credentials?id=1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self) -> bytes:
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        keys = {
            "AccessKeyId": self.credentials.access_key_id,
            "SecretAccessKey": self.credentials.secret_access_key,
            "Token": self.credentials.session_token,
        }
        return json.dumps({"RoleArn": "arn:aws:iam::123456789012:role/x", **keys, "Expiration": end}).encode()


@pytest.fixture
def container(aws: LocalAWS) -> Iterator[Container]:
    serving = Container(aws.session_credentials())
    yield serving
    serving.server.shutdown()
    serving.server.server_close()


@pytest.fixture
def in_container(aws: LocalAWS, bare: Dict[str, str], container: Container) -> Dict[str, str]:
    return {**bare, "AWS_REGION": aws.region, "AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url}


@pytest.mark.parametrize("way", ["variable", "file"])
def test_a_container_endpoint(
    aws_probe: Path, stored: Dict[str, str], in_container: Any, container: Container, tmp_path: Path, way: str
) -> None:
    if way == "variable":
        in_container["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = container.token
    else:
        (tmp_path / "token").write_text(container.token + "\n")
        in_container["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(tmp_path / "token")
    # A proxy is not used for addresses of the machine itself.
    in_container["http_proxy"] = NOBODY
    in_container["no_proxy"] = in_container["AWS_ENDPOINT_URL"].split("/")[2].split(":")[0]
    called = probe(aws_probe, in_container, "parameter", stored["parameter"])
    assert called.output.decode() == "xoxb-é\n", called.error_text
    assert container.requests == ["/v2/credentials?id=1"]


def test_a_container_endpoint_that_does_not_know_the_token(aws_probe: Path, in_container: Any) -> None:
    in_container["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Bearer another"
    called = probe(aws_probe, in_container, "secret", "x")
    assert "the container's endpoint answered 401" in called.error_text
    assert "another" not in called.error_text


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/credentials",
        "http://credentials.invalid/",
        "http://127.credentials.invalid/",
        "http://127.0.0.1.credentials.invalid/",
        "http://127.0.0.1@credentials.invalid/",
        "http://localhost:80@credentials.invalid/",
        "http://localhost.credentials.invalid/",
        "http://169.254.170.2@credentials.invalid/",
        "http://[::1]@credentials.invalid/",
        "ftp://127.0.0.1/",
        "127.0.0.1/credentials",
        "file:///etc/passwd",
    ],
)
def test_credentials_are_never_sent_in_clear(aws_probe: Path, in_container: Any, url: str) -> None:
    in_container["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
    called = probe(aws_probe, in_container, "secret", "x")
    assert not called.succeeded
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https" in called.error_text


# Endpoints


def test_a_services_own_endpoint_comes_first(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str]) -> None:
    def called(*arguments: str, **more: Any) -> ProbeResult:
        environment = aws.environment(AWS_ENDPOINT_URL=NOBODY, **more)
        return probe(aws_probe, environment, *arguments)

    got = called("get-object", stored["bucket"], "object", AWS_ENDPOINT_URL_S3=aws.endpoint)
    assert got.output == BODY, got.error_text
    # A trailing slash changes nothing.
    assert called("get-object", stored["bucket"], "object", AWS_ENDPOINT_URL_S3=aws.endpoint + "/").output == BODY
    assert called("secret", stored["secret"], AWS_ENDPOINT_URL_SECRETS_MANAGER=aws.endpoint).succeeded
    assert called("parameter", stored["parameter"], AWS_ENDPOINT_URL_SSM=aws.endpoint).succeeded
    assert not called("parameter", stored["parameter"], AWS_ENDPOINT_URL_S3=aws.endpoint).succeeded


# Buckets of another region


@pytest.fixture(scope="module")
def elsewhere(local_aws: LocalAWS) -> str:
    """A bucket with an object in another region."""
    name = "elsewhere-" + local_aws.create_stack_like_resources().bucket[-20:]
    s3 = local_aws.client("s3", region="us-east-2")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    s3.put_object(Bucket=name, Key="object", Body=BODY)
    return name


def test_a_bucket_of_another_region_is_read_and_written(aws: LocalAWS, aws_probe: Path, elsewhere: str) -> None:
    aws.reset_calls()
    got = probe(aws_probe, aws.environment(), "get-object", elsewhere, "object")
    assert got.output == BODY, got.error_text
    assert aws.calls()["s3.GetObject"] == 2
    assert probe(aws_probe, aws.environment(aws.admin), "put-object", elsewhere, "new", body=BODY).succeeded


def test_a_redirect_from_a_redirect_is_an_error(aws: LocalAWS, aws_probe: Path, elsewhere: str) -> None:
    again = {"kind": "says", "status": 301, "headers": {"x-amz-bucket-region": "eu-north-1"}, "body": ""}
    aws.arm({"operation": "s3.GetObject", "region": "us-east-2", **again})
    called = probe(aws_probe, aws.environment(), "get-object", elsewhere, "object")
    assert not called.succeeded and called.output == b""
    assert "S3 redirects from eu-west-1 to us-east-2, and from there to eu-north-1" in called.error_text


def test_a_redirect_out_of_aws_is_not_followed(aws: LocalAWS, aws_probe: Path, stored: Dict[str, str]) -> None:
    out = {"kind": "says", "status": 301, "headers": {"x-amz-bucket-region": "evil.example.com/x"}, "body": ""}
    aws.arm({"operation": "s3.GetObject", **out})
    aws.reset_calls()
    called = probe(aws_probe, aws.environment(), "get-object", stored["bucket"], "object")
    assert not called.succeeded and "HTTP301" in called.error_text
    assert aws.calls()["s3.GetObject"] == 1
