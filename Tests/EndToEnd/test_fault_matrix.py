"""A sample of the fault matrix: each call of each handler is broken once, and each fault has its turn."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from fault_matrix import run
from parts.faults import FAULTS, Case, cases, sample


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_whatever_call_breaks(executable: Path) -> None:
    chosen: List[Case] = []

    def choose(found: List[Case]) -> List[Case]:
        chosen.extend(sample(found))
        assert {(case.scenario, case.index) for case in chosen} == {(case.scenario, case.index) for case in found}
        assert {case.fault for case in chosen} == set(FAULTS)
        return chosen

    outcomes = run(executable, choose, workers=2, progress=lambda _: None)
    assert len(outcomes) == len(chosen) >= len(FAULTS)
    assert [str(outcome) for outcome in outcomes if not outcome.is_good] == []


def test_every_call_gets_every_fault_that_it_can_have() -> None:
    calls = ["runtime.next", "dynamodb.PutItem", "dynamodb.PutItem", "runtime.response"]
    found = list(cases("a handler", calls))
    assert [case.nth for case in found if case.fault.name == "refused"] == [1, 1, 2, 1]
    puts = [case.fault for case in found if case.index == 2]
    assert puts == list(FAULTS)
    assert not [case for case in found if case.call.startswith("runtime.") and case.fault.name == "throttled"]


def test_the_window_is_an_answer_of_slacks_that_is_lost_or_not_noted() -> None:
    calls = ["dynamodb.UpdateItem", "slack.chat.postMessage", "dynamodb.UpdateItem", "dynamodb.UpdateItem"]
    window = {(case.index, case.fault.name) for case in cases("notification", calls) if case.is_in_window}
    after = {fault.name for fault in FAULTS if fault.moment == "after"}
    assert window == {(1, name) for name in after} | {(2, "killed before")}
