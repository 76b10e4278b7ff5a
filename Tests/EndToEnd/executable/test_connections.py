"""Connections: verified TLS, and proxies where they are configured."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from bench.runtime_api import RuntimeAPI
from bench.stub_server import StubServer
from support.alerter_stack import AlerterStack, reason
from support.query_stack import TENANT, rest_event
from support.tls import TLSRelay


def port_of(alerter: AlerterStack) -> int:
    port = urlsplit(alerter.aws.endpoint).port
    assert port is not None
    return port


def test_a_trusted_certificate_is_accepted(alerter: AlerterStack, tmp_path: Path) -> None:
    with TLSRelay(port_of(alerter), tmp_path) as relay:
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        alerter.run("q-1")
        assert alerter.open_ids() == ["q-1"]
        assert alerter.tick().succeeded


def test_an_untrusted_certificate_is_refused(alerter: AlerterStack, tmp_path: Path) -> None:
    with TLSRelay(port_of(alerter), tmp_path) as relay:
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url)
        ticked = alerter.tick()
        assert "dynamodb:Query failed: the server's certificate is not trusted" in reason(ticked)


def test_a_certificate_for_another_host_is_refused(alerter: AlerterStack, tmp_path: Path) -> None:
    with TLSRelay(port_of(alerter), tmp_path, host="elsewhere.example") as relay:
        alerter.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        assert "the server's certificate is not trusted" in reason(alerter.tick())


def test_a_proxy_is_not_used_for_the_runtime_api(alerter: AlerterStack) -> None:
    alerter.set_environment(http_proxy="http://127.0.0.1:1")
    # The error arrived through the runtime interface, past a proxy that does not run.
    assert "dynamodb:Query failed: the server cannot be reached" in reason(alerter.tick())


def test_connections_closed_between_invocations_are_replaced(executable: Path, tmp_path: Path) -> None:
    stub_server = StubServer(tmp_path)
    stub_server.open_queries(100)
    counts = []
    with stub_server, RuntimeAPI([str(executable)], stub_server.environment(_HANDLER="usage_update")) as function:
        for _ in range(2):
            stub_server.forget()
            function.invoke(b"{}")
            counts.append({name: traffic.calls for name, traffic in stub_server.traffic().items()})
            # The program is not told that its connections are closed.
            stub_server.restart()
    assert counts[0] == counts[1] == {
        "Query": 1,
        "BatchGetQueryExecution": 2,
        "SendMessageBatch": 10,
        "BatchExecuteStatement": 4,
    }


def test_the_first_invocation_finds_its_connections_open(executable: Path, tmp_path: Path) -> None:
    with StubServer(tmp_path) as stub_server:
        stub_server.open_queries(0)
        with RuntimeAPI([str(executable)], stub_server.environment(_HANDLER="usage_update")) as function:
            opened = stub_server.connections()
            function.invoke(b"{}")
        assert opened and stub_server.connections() == opened


def test_query_api_reuses_its_connection(executable: Path, tmp_path: Path) -> None:
    submission = rest_event("POST", "/v0/data_hist/query", {"query": "SELECT 1"}, {TENANT: "acme"})
    look = rest_event("GET", "/v0/data_hist/status/e0e0e0e0-0000-0000-0000-000000000000", headers={TENANT: "acme"})
    variables = {"OUTPUT_S3_BUCKET": "s3://results/", "DATABASE": "sales", "QUERY_API_TABLES": "metrics"}
    with StubServer(tmp_path) as stub_server:
        environment = stub_server.environment(_HANDLER="query_api", **variables)
        with RuntimeAPI([str(executable)], environment) as function:
            for event in (submission, look, look, submission, look):
                function.invoke(json.dumps(event).encode())
            asked = {name: traffic.calls for name, traffic in stub_server.traffic().items()}
            assert asked == {"StartQueryExecution": 2, "GetQueryExecution": 3}
            assert len(stub_server.connections()) == 1
