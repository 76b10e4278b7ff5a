"""OpenStack's object store with its S3 API: it checks signatures, dates and body hashes as strictly as AWS does.

It is a Debian package (``scripts/setup strict-s3``) with Python programs of the system's own interpreter.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Dict, List

from .processes import free_ports, listens, start, stop, wait_until

SERVERS = ("account", "container", "object")
# The store's own region, which a signature's scope must have.
STRICT_REGION = "eu-west-1"

PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {directory}
user = {user}

[pipeline:main]
pipeline = catch_errors cache s3api tempauth proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:cache]
use = egg:swift#memcache

[filter:s3api]
use = egg:swift#s3api
location = {region}

[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{name} = {secret} .admin
"""

STORAGE = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {directory}
devices = {directory}/devices
mount_check = false
disable_fallocate = true
user = {user}

[pipeline:main]
pipeline = {server}-server

[app:{server}-server]
use = egg:swift#{server}
"""


def installed() -> bool:
    return all(shutil.which(f"swift-{server}-server") for server in (*SERVERS, "proxy"))


def has_ended_or_listens(process: subprocess.Popen, port: int) -> bool:
    return process.poll() is not None or listens(process, [port])


class StrictS3:
    """An S3 endpoint with one user, whose keys are `access_key` and `secret_key`."""

    access_key = "test:tester"
    secret_key = "testing"
    region = STRICT_REGION

    def __init__(self) -> None:
        self._processes: List[subprocess.Popen] = []

    def __enter__(self) -> "StrictS3":
        for _ in range(3):
            self._directory = tempfile.TemporaryDirectory(prefix="strict-s3-")
            try:
                if self._start(Path(self._directory.name)):
                    return self
                said = self.log()
            except BaseException:
                self.__exit__()
                raise
            self.__exit__()
        raise RuntimeError(f"a server of the store ended as it started: {said}")

    def __exit__(self, *_: Any) -> None:
        for process in reversed(self._processes):
            stop(process)
        self._processes.clear()
        self._directory.cleanup()

    def _start(self, directory: Path) -> bool:
        """Whether all servers run; another process may have taken a port."""
        account, name = self.access_key.split(":")
        common = {"directory": directory, "user": pwd.getpwuid(os.getuid()).pw_name}
        (directory / "devices" / "disk").mkdir(parents=True)
        (directory / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = Policy-0\ndefault = yes\n"
        )
        servers = [*SERVERS, "proxy"]
        ports = dict(zip(servers, free_ports(len(servers))))
        for server in SERVERS:
            configuration = STORAGE.format(server=server, port=ports[server], **common)
            (directory / f"{server}.conf").write_text(configuration)
            self._build_ring(directory, server, ports[server])
        (directory / "proxy.conf").write_text(
            PROXY.format(
                port=ports["proxy"], account=account, name=name, secret=self.secret_key, region=self.region, **common
            )
        )
        for server in ports:
            self._start_server(directory, server)
        for (server, port), process in zip(ports.items(), self._processes):
            wait_until(partial(has_ended_or_listens, process, port), f"starting the {server} server", seconds=120)
        self.endpoint = f"http://127.0.0.1:{ports['proxy']}"
        return all(process.poll() is None for process in self._processes)

    def _build_ring(self, directory: Path, server: str, port: int) -> None:
        """A ring with one replica on one device."""
        builder = directory / f"{server}.builder"
        device = f"r1z1-127.0.0.1:{port}/disk"
        for arguments in (["create", "4", "1", "0"], ["add", device, "1"], ["rebalance"]):
            subprocess.run(
                ["swift-ring-builder", str(builder), *arguments],
                check=True,
                stdout=subprocess.DEVNULL,
                env=self._environment(directory),
            )

    def _start_server(self, directory: Path, server: str) -> None:
        with open(directory / f"{server}.log", "wb") as log:
            command = [f"swift-{server}-server", str(directory / f"{server}.conf"), "--verbose"]
            process = start(command, self._environment(directory), directory, stdout=log.fileno(), stderr=log.fileno())
        self._processes.append(process)

    def _environment(self, directory: Path) -> Dict[str, str]:
        # Programs of the system's Python, so not with the virtual environment's PATH.
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(directory)}

    def log(self) -> str:
        return "\n".join(path.read_text() for path in Path(self._directory.name).glob("*.log"))
