"""Fixtures that tests of every folder share, and the choice of the cases that `make test` leaves to `make check`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Iterator, List, Set, Tuple

import pytest

from support.alerter_stack import AlerterStack
from support.fake_slack import FakeSlack
from support.local_aws import LocalAWS
from support.partition_refresh_stack import PartitionRefreshStack
from support.processes import REPOSITORY
from support.query_stack import QueryStack


def pytest_configure() -> None:
    # SIGTERM raises KeyboardInterrupt, so the fixtures stop the processes that they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Marks every case of a `first_case` test after the first with `check`."""
    seen: Set[Tuple[str, ...]] = set()
    for item in items:
        marker = item.get_closest_marker("first_case")
        if marker is None or not isinstance(item, pytest.Function):
            continue
        kind = (item.nodeid.split("[")[0], *(parameter(item, name) for name in marker.args))
        if kind in seen:
            item.add_marker(pytest.mark.check)
        seen.add(kind)


def parameter(item: pytest.Function, path: str) -> str:
    """The value of a parameter, or of its attribute: ``case.operation``."""
    name, *attributes = path.split(".")
    value = item.callspec.params[name]
    for attribute in attributes:
        value = getattr(value, attribute)
    return repr(value)


@pytest.fixture(scope="session")
def executable() -> Path:
    """The program under test: ``ATHENA_ALERTER``, or else the debug build."""
    return built("athena-alerter", "ATHENA_ALERTER")


@pytest.fixture(scope="session")
def aws_probe() -> Path:
    """The program that calls the AWS module without the handlers: ``AWS_PROBE``, or else the debug build."""
    return built("aws-probe", "AWS_PROBE")


def built(product: str, variable: str) -> Path:
    path = Path(os.environ.get(variable, REPOSITORY / ".build/debug" / product)).resolve()
    if not path.exists():
        pytest.fail(f"{path} does not exist; build it, or name another in {variable}", pytrace=False)
    return path


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAWS]:
    with LocalAWS() as aws:
        yield aws


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as workspace:
        yield workspace


@pytest.fixture
def alerter(executable: Path, local_aws: LocalAWS, slack: FakeSlack, tmp_path: Path) -> Iterator[AlerterStack]:
    local_aws.arm()
    local_aws.clear_executions()
    with AlerterStack(executable, local_aws, slack, tmp_path) as built:
        yield built
    local_aws.arm()


@pytest.fixture
def refresh(alerter: AlerterStack) -> PartitionRefreshStack:
    return PartitionRefreshStack(alerter)


@pytest.fixture
def queries(executable: Path, local_aws: LocalAWS) -> Iterator[QueryStack]:
    local_aws.arm()
    local_aws.clear_executions()
    with QueryStack(executable, local_aws) as built:
        yield built
    local_aws.arm()
