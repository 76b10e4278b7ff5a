"""Stubs of AWS and Slack: nginx with fixed responses, fast enough that only the program's time counts."""

from __future__ import annotations

import json
import subprocess
import urllib.request
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from support.processes import harmless_aws_environment, listens, start, start_serving, stop, wait_until

JAVASCRIPT = Path(__file__).with_name("stub_server.js")
REGION = "eu-west-1"
# A quota that throttles no program.
UNLIMITED = (100_000, 100_000)

CONFIGURATION = """
load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
master_process off;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {directory}/bodies;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    client_max_body_size 8m;
    client_body_buffer_size 8m;
    keepalive_requests 1000000;
    sendfile on;
    js_import stub_server from {javascript};
    js_set $operation stub_server.operation;
    log_format calls '$status $operation $uri $connection $request_length $bytes_sent $args';
    access_log {directory}/calls.log calls;
    # A quota as AWS counts it, for the one call that has a low one.
    map $http_x_amz_target $counted {{ AmazonAthena.BatchGetQueryExecution athena; }}
    limit_req_zone $counted zone=athena:1m rate={per_second}r/s;
    limit_req_status 429;
    server {{
        listen 127.0.0.1:{port};
        root {directory}/objects;
        default_type application/octet-stream;
        location = /ping {{ return 200 healthy; }}
        location = / {{
            limit_req zone=athena burst={burst} nodelay;
            error_page 429 =400 @throttled;
            error_page 418 =200 /query.json;
            if ($http_x_amz_target = DynamoDB_20120810.Query) {{ return 418; }}
            js_content stub_server.answer;
        }}
        location @throttled {{ return 400 '{{"__type":"ThrottlingException","message":"Rate exceeded"}}'; }}
        location /api/ {{ js_content stub_server.slack; }}
    }}
}}
"""


class Traffic(NamedTuple):
    """The calls of one operation."""

    calls: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class StubServer:
    """Serves from its own directory for the duration of the ``with`` block."""

    def __init__(self, directory: Path, athena_quota: Tuple[int, int] = UNLIMITED) -> None:
        """The quota of BatchGetQueryExecution: calls a second, and calls in a burst."""
        self.athena_quota = athena_quota
        self.directory = directory
        self.objects = directory / "objects"
        self.objects.mkdir()
        self.log = directory / "calls.log"
        self.port = 0
        self._process: Optional[subprocess.Popen] = None

    def __enter__(self) -> "StubServer":
        self._process, (self.port,) = start_serving(self._launch, 1, "nginx")
        return self

    def _launch(self, ports: List[int]) -> subprocess.Popen:
        configuration = self.directory / "nginx.conf"
        (port,) = ports
        per_second, burst = self.athena_quota
        configuration.write_text(
            CONFIGURATION.format(
                directory=self.directory, javascript=JAVASCRIPT, port=port, per_second=per_second, burst=burst - 1
            )
        )
        # The command line has precedence over the default paths of Debian's nginx.
        errors = str(self.directory / "error.log")
        command = ["nginx", "-p", str(self.directory), "-e", errors, "-c", str(configuration)]
        return start(command, {"PATH": "/usr/sbin:/usr/bin"}, self.directory, stdout=subprocess.DEVNULL)

    def __exit__(self, *_: Any) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> Dict[str, str]:
        """The variables with which Lambda starts the executable."""
        return {
            **harmless_aws_environment(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_SESSION_TOKEN": "x" * 800,
            "QUERIES_TABLE": "queries",
            "SQS_QUEUE_URL": f"{self.url}/123456789012/finished",
            "SLACK_API_URL": f"{self.url}/api/",
            "TZ": "UTC",
            **more,
        }

    def open_queries(self, count: int) -> None:
        """Sets the contents of the index of open queries; Athena reports each query as ended."""
        rows = [
            {
                "start_date": {"S": "2024-03-05"},
                "start_key": {"S": f"2024-03-05 14:30:07#{uuid.UUID(int=number)}"},
                "start_timestamp": {"S": "2024-03-05 14:30:07"},
                "query_execution_id": {"S": str(uuid.UUID(int=number))},
                "query_state": {"S": "RUNNING"},
                "executing_user": {"S": "ada@example.com"},
                "user_type": {"S": "person"},
                "account_id": {"S": "123456789012"},
                "region": {"S": REGION},
                "workgroup": {"S": "analysts"},
                "principal_arn": {"S": "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Analyst/ada@example.com"},
                "data_scanned": {"N": "0"},
                "expires_at": {"N": "1741185007"},
                "open": {"S": "0"},
            }
            for number in range(count)
        ]
        (self.objects / "query.json").write_text(json.dumps({"Items": rows, "Count": count}))

    def forget(self) -> None:
        self.log.write_text("")

    def restart(self) -> None:
        """Closes every connection and keeps the address."""
        self.__exit__()
        process = self._process = self._launch([self.port])
        wait_until(lambda: listens(process, [self.port]), "starting nginx again")

    def connections(self) -> Set[str]:
        """Every service that was called since `forget`."""
        return {line[3] for line in self._lines()}

    def traffic(self) -> Dict[str, Traffic]:
        """The calls since `forget`, by operation; Slack's methods and S3's have their own names."""
        sums: Dict[str, Traffic] = defaultdict(Traffic)
        for status, operation, path, _, received, sent, _ in self._lines():
            if path == "/ping":
                continue
            if status != "200":
                operation = f"refused {operation}"
            name = operation or ("Slack " + path.removeprefix("/api/") if path.startswith("/api/") else "GetObject")
            before = sums[name]
            sums[name] = Traffic(before.calls + 1, before.bytes_in + int(received), before.bytes_out + int(sent))
        return dict(sums)

    def _lines(self) -> List[List[str]]:
        """The log of nginx since `forget`. It is written shortly after each response, so a last request marks its end."""
        last = f"last={uuid.uuid4()}"
        with urllib.request.urlopen(f"{self.url}/ping?{last}", timeout=30) as reply:
            reply.read()
        wait_until(lambda: f"{last}\n" in self.log.read_text(), "writing nginx's log")
        lines = [line.split(" ") for line in self.log.read_text().splitlines()]
        return [line for line in lines if not line[-1].startswith("last=")]
