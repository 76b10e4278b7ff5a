"""How the program talks to others: over TLS that it has verified, and past proxies where there must be none."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from parts.house import House, reason
from parts.tls import TLSRelay


def port_of(house: House) -> int:
    port = urlsplit(house.aws.endpoint).port
    assert port is not None
    return port


def test_a_certificate_that_is_trusted_is_enough(house: House, tmp_path: Path) -> None:
    with TLSRelay(port_of(house), tmp_path) as relay:
        house.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        house.run("q-1")
        assert house.open_ids() == ["q-1"]
        assert house.tick().succeeded


def test_a_certificate_that_nobody_vouches_for_is_refused(house: House, tmp_path: Path) -> None:
    with TLSRelay(port_of(house), tmp_path) as relay:
        house.set_environment(AWS_ENDPOINT_URL=relay.url)
        ticked = house.tick()
        assert "dynamodb:Query failed: the server's certificate is not trusted" in reason(ticked)


def test_a_certificate_for_another_host_is_refused(house: House, tmp_path: Path) -> None:
    with TLSRelay(port_of(house), tmp_path, host="elsewhere.example") as relay:
        house.set_environment(AWS_ENDPOINT_URL=relay.url, AWS_CA_BUNDLE=str(relay.certificate))
        assert "the server's certificate is not trusted" in reason(house.tick())


def test_a_proxy_is_for_the_world_and_not_for_lambda_itself(house: House) -> None:
    house.set_environment(http_proxy="http://127.0.0.1:1")
    # The error came back through Lambda's interface, past the proxy that nobody runs.
    assert "dynamodb:Query failed: the server cannot be reached" in reason(house.tick())
