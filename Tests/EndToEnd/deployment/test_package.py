"""The package: one static executable with its settings and certificates, which needs nothing of its environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

import pytest

from bench.log_files import log_file
from bench.programs import built
from support import cloudtrail
from support.alerter_stack import GIB, AlerterStack, reason, text_of
from support.empty_root import EmptyRoot, obstacle_to_chroot
from support.emulator import Emulator
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS
from support.name_server import NameServer
from support.processes import REPOSITORY
from support.tls import TLSRelay

pytestmark = pytest.mark.check

TEMPLATE = REPOSITORY / "settings.json.template"
TASK = "var/task"
LARGEST_ZIP = 8_000_000
MOST_RESIDENT_FOR_A_FILE = 12_000_000
MOST_RESIDENT = 16 * 2**20
# A name without a dot: moto takes the first part of any other host name for a bucket.
AWS_HOST, SLACK_HOST = "aws", "slack.test"


def package(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [str(REPOSITORY / "scripts/package"), *map(str, arguments)]
    return subprocess.run(
        command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "athena-alerter.zip"
    made = package("zip", TEMPLATE, path)
    assert made.returncode == 0, made.stderr
    return path


def unpack(zip_file: Path, directory: Path) -> None:
    """Unpacks like Lambda, which keeps the file modes."""
    with zipfile.ZipFile(zip_file) as archive:
        for entry in archive.infolist():
            os.chmod(archive.extract(entry, directory), entry.external_attr >> 16 & 0o777)


# The contents


def test_the_zip_has_what_lambda_needs_and_nothing_else(shipped: Path) -> None:
    assert shipped.stat().st_size <= LARGEST_ZIP
    with zipfile.ZipFile(shipped) as archive:
        assert archive.testzip() is None
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert archive.read("settings.json") == TEMPLATE.read_bytes()
        texts = [archive.read(name) for name in modes if name.startswith("certs/")]
    assert modes.pop("bootstrap") == 0o755
    assert modes.pop("settings.json") == 0o644
    assert len(modes) > 100
    assert all(re.fullmatch(r"certs/[0-9a-f]{8}\.[0-9]", name) and mode == 0o644 for name, mode in modes.items())
    assert all(text.startswith(b"-----BEGIN CERTIFICATE-----") for text in texts)


def test_the_executable_is_static(shipped: Path, tmp_path: Path) -> None:
    unpack(shipped, tmp_path)
    bootstrap = tmp_path / "bootstrap"
    assert "not a dynamic executable" in subprocess.run(["ldd", bootstrap], capture_output=True, text=True).stderr
    headers = subprocess.run(["readelf", "--program-headers", bootstrap], capture_output=True, text=True).stdout
    assert "LOAD" in headers
    assert not re.search(r"INTERP|DYNAMIC", headers)
    assert "no symbols" in subprocess.run(["nm", bootstrap], capture_output=True, text=True).stderr
    assert str(REPOSITORY).encode() not in bootstrap.read_bytes()


def test_a_second_build_is_identical(shipped: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    settings = tmp_path / "settings.json"
    shutil.copyfile(TEMPLATE, settings)
    settings.chmod(0o600)
    made = package("zip", settings, again, TZ="Pacific/Auckland", LC_ALL="C.UTF-8")
    assert made.returncode == 0, made.stderr
    assert again.read_bytes() == shipped.read_bytes()


def test_the_zip_has_the_time_zones_of_its_settings(shipped: Path, tmp_path: Path) -> None:
    settings, made = tmp_path / "settings.json", tmp_path / "zones.zip"
    template = TEMPLATE.read_text().rstrip().removesuffix("}").rstrip()
    settings.write_text(template + r', "time_zone": "Europe\/Berlin"}')
    packed = package("zip", settings, made)
    assert packed.returncode == 0, packed.stderr
    with zipfile.ZipFile(shipped) as before, zipfile.ZipFile(made) as after:
        assert set(after.namelist()) - set(before.namelist()) == {"zoneinfo/Europe/Berlin"}
        zone = after.read("zoneinfo/Europe/Berlin")
    assert zone == Path("/usr/share/zoneinfo/Europe/Berlin").read_bytes()


def test_the_package_of_a_release_has_all_time_zones(shipped: Path, tmp_path: Path) -> None:
    made = tmp_path / "release.zip"
    packed = package("zip", TEMPLATE, made, TIME_ZONES="all")
    assert packed.returncode == 0, packed.stderr
    assert made.stat().st_size <= LARGEST_ZIP
    with zipfile.ZipFile(shipped) as before, zipfile.ZipFile(made) as after:
        zones = set(after.namelist()) - set(before.namelist())
        # One in a folder of a folder, a link, and one without a folder.
        assert zones > {f"zoneinfo/{name}" for name in ("America/Argentina/Salta", "US/Eastern", "UTC")}
        assert all(after.read(name).startswith(b"TZif") for name in zones) and len(zones) > 400
        assert {after.getinfo(name).external_attr >> 16 & 0o777 for name in zones} == {0o644}
    assert "TIME_ZONES=all" in (REPOSITORY / "scripts/release").read_text()


def test_a_missing_tool_or_wrong_file_is_one_line(shipped: Path, tmp_path: Path) -> None:
    missing = package("zip", tmp_path / "settings.json", tmp_path / "a.zip")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == (
        f"package: {tmp_path}/settings.json is missing; copy settings.json.template there and fill it in\n"
    )
    (tmp_path / "settings.json").write_text('{"thresholds": {"user": "much"}}')
    wrong = package("zip", tmp_path / "settings.json", tmp_path / "a.zip")
    assert wrong.returncode == 1
    assert re.fullmatch(r"athena-alerter: .*thresholds\.user.*\n", wrong.stderr)
    other = package(ARCH="sparc")
    assert (other.returncode, other.stdout) == (1, "")
    assert "ARCH is sparc, but this machine builds for" in other.stderr
    assert not (tmp_path / "a.zip").exists()


def test_make_install_installs_the_same_file(shipped: Path, tmp_path: Path) -> None:
    command = ["make", "--no-print-directory", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    installed = tmp_path / "usr/bin/athena-alerter"
    with zipfile.ZipFile(shipped) as archive:
        assert installed.read_bytes() == archive.read("bootstrap")
    assert subprocess.run([installed, "check", TEMPLATE], capture_output=True).returncode == 0


# The package in an empty root directory: a DNS server and a hosts file resolve names, and every connection uses TLS


class PackedStack(AlerterStack):
    """The packaged handlers, each in a process whose root has only the package's contents."""

    def __init__(self, root: EmptyRoot, aws: LocalAWS, slack: FakeSlack) -> None:
        self._root = root
        super().__init__(Path("/") / TASK / "bootstrap", aws, slack, root.path / TASK)
        del self.environment["SETTINGS_FILE"]

    def another(self, name: str) -> Emulator:
        return Emulator(self.executable, name, self.environment, self.timeout_seconds, within=self._root.enter())

    def trust(self, certificate: Path) -> None:
        """Adds a certificate to the packaged ones."""
        hashed = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate)]
        name = subprocess.run(hashed, check=True, capture_output=True, text=True).stdout.strip()
        text = subprocess.run(["openssl", "x509", "-in", str(certificate)], check=True, capture_output=True).stdout
        (self._root.path / TASK / "certs" / f"{name}.0").write_bytes(text)
        self.stop()


@pytest.fixture
def root(shipped: Path, tmp_path: Path) -> EmptyRoot:
    impossible = obstacle_to_chroot(tmp_path / "attempt")
    if impossible:
        pytest.skip(f"a command cannot be given another root here: {impossible}")
    made = EmptyRoot(tmp_path / "root")
    unpack(shipped, made.path / TASK)
    (made.path / "etc").mkdir()
    return made


@pytest.fixture
def names(root: EmptyRoot) -> Iterator[NameServer]:
    try:
        server = NameServer(AWS_HOST)
    except OSError as error:
        pytest.skip(f"the port of name servers cannot be had here: {error}")
    with server:
        (root.path / "etc/resolv.conf").write_text(f"nameserver {server.address}\n")
        (root.path / "etc/hosts").write_text(f"127.0.0.1 localhost {SLACK_HOST}\n")
        yield server


@pytest.fixture
def packed(root: EmptyRoot, local_aws: LocalAWS, slack: FakeSlack) -> Iterator[PackedStack]:
    local_aws.clear_executions()
    with PackedStack(root, local_aws, slack) as built:
        yield built


@pytest.fixture
def aws_relay(packed: PackedStack, names: NameServer, tmp_path: Path) -> Iterator[TLSRelay]:
    port = urlsplit(packed.aws.endpoint).port
    assert port is not None
    with TLSRelay(port, tmp_path, host=AWS_HOST, name=AWS_HOST) as relay:
        packed.set_environment(AWS_ENDPOINT_URL=relay.url)
        yield relay


def test_an_alert_in_an_empty_root(
    packed: PackedStack, names: NameServer, aws_relay: TLSRelay, slack: FakeSlack, tmp_path: Path
) -> None:
    address = urlsplit(slack.api_url)
    assert address.port is not None
    with TLSRelay(address.port, tmp_path, host=SLACK_HOST, name=SLACK_HOST) as relay:
        packed.set_environment(SLACK_API_URL=relay.url + address.path)
        packed.trust(aws_relay.certificate)
        packed.trust(relay.certificate)
        ada = slack.add_person("ada@example.com")
        query = packed.run(scanned=640 * GIB, identity=cloudtrail.sso_person("ada@example.com"))
        packed.update_and_notify()
        [to_channel] = packed.channel_alerts(query)
        [to_ada] = map(text_of, slack.direct_messages(ada))
        assert "640" in to_channel and "640" in to_ada
        assert packed.dead_letters() == []
        assert AWS_HOST in names.asked and SLACK_HOST not in names.asked
        for name in ("cloudtrail_handler", "usage_update", "notification"):
            assert packed.handler(name).peak_memory_bytes() <= MOST_RESIDENT
    contents = {path.name for path in packed._root.path.iterdir()}
    assert contents == {"etc", "proc", "var"}


@pytest.mark.parametrize("megabytes", [10, 364])
def test_a_file_of_any_length_is_scanned_in_little_memory(shipped: Path, tmp_path: Path, megabytes: int) -> None:
    unpack(shipped, tmp_path)
    file, usage = log_file(megabytes, 0.01), built("usage", tmp_path)
    command = [usage, tmp_path / "bootstrap", "scan", file.path]
    *_, kilobytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(kilobytes) * 1024 <= MOST_RESIDENT_FOR_A_FILE


def test_a_certificate_that_is_not_in_the_package_is_refused(packed: PackedStack, aws_relay: TLSRelay) -> None:
    assert "the server's certificate is not trusted" in reason(packed.tick())


def test_a_certificate_for_another_host_is_refused(
    packed: PackedStack, names: NameServer, aws_relay: TLSRelay, tmp_path: Path
) -> None:
    with TLSRelay(urlsplit(packed.aws.endpoint).port or 0, tmp_path, host="elsewhere.test", name=AWS_HOST) as relay:
        packed.trust(relay.certificate)
        packed.set_environment(AWS_ENDPOINT_URL=relay.url)
        assert "the server's certificate is not trusted" in reason(packed.tick())


def test_a_certificate_bundle_of_the_environment_replaces_the_packaged_one(
    packed: PackedStack, aws_relay: TLSRelay, tmp_path: Path
) -> None:
    inside = packed._root.path / "bundle.pem"
    shutil.copyfile(aws_relay.certificate, inside)
    packed.set_environment(AWS_CA_BUNDLE="/bundle.pem")
    assert packed.tick().succeeded
    packed.trust(aws_relay.certificate)
    with TLSRelay(1, tmp_path, host="elsewhere.test") as another:
        shutil.copyfile(another.certificate, inside)
    packed.stop()
    assert "the server's certificate is not trusted" in reason(packed.tick())


def test_no_server_is_trusted_without_certificates(packed: PackedStack, aws_relay: TLSRelay) -> None:
    shutil.rmtree(packed._root.path / TASK / "certs")
    packed.stop()
    assert "the server's certificate is not trusted" in reason(packed.tick())
