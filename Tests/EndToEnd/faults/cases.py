"""The kinds of faults, and the cases that result from each fault at each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

# Calls that show an alert to a reader.
POSTS = ("slack.chat.postMessage", "slack.webhook")


@dataclass(frozen=True)
class Fault:
    """`moment` says whether the call takes effect before it fails; a `lasting` fault continues to the end of the invocation."""

    name: str
    kind: str
    moment: str
    lasting: bool = False
    status: int = 0


FAULTS = (
    Fault("refused", "refused", "before", lasting=True),
    Fault("reset", "reset", "before"),
    Fault("reset", "reset", "before", lasting=True),
    Fault("response lost", "reset", "after"),
    Fault("response lost", "reset", "after", lasting=True),
    Fault("timeout before", "silence", "before"),
    Fault("timeout after", "silence", "after"),
    Fault("500", "status", "before", status=500),
    Fault("500", "status", "before", lasting=True, status=500),
    Fault("500, done", "status", "after", status=500),
    Fault("503", "status", "before", status=503),
    Fault("503", "status", "before", lasting=True, status=503),
    Fault("throttled", "status", "before", status=429),
    Fault("throttled", "status", "before", lasting=True, status=429),
    Fault("truncated", "truncated", "after"),
    Fault("truncated", "truncated", "after", lasting=True),
    Fault("damaged", "damaged", "after"),
    Fault("damaged", "damaged", "after", lasting=True),
    Fault("killed before", "kill", "before"),
    Fault("killed after", "kill", "after"),
)
COLUMNS = tuple(dict.fromkeys(fault.name for fault in FAULTS))


@dataclass(frozen=True)
class Case:
    """One fault at one call: the one at `index` in the calls of a run without faults."""

    scenario: str
    calls: Sequence[str]
    index: int
    fault: Fault

    @property
    def call(self) -> str:
        return self.calls[self.index]

    @property
    def nth(self) -> int:
        return self.calls[: self.index + 1].count(self.call)

    def __str__(self) -> str:
        duration = ", lasting" if self.fault.lasting else ""
        return f"{self.scenario}: {self.call} number {self.nth}, {self.fault.name}{duration}"

    @property
    def is_in_window(self) -> bool:
        """Whether an alert may come twice: Slack has posted it, and the handler cannot know."""
        if self.call in POSTS:
            return self.fault.moment == "after"
        return self.fault.name == "killed before" and self.index > 0 and self.calls[self.index - 1] in POSTS

    @property
    def ends_between_deletion_and_answer(self) -> bool:
        """Whether a query's result may be gone unread: the killed process had read and deleted it."""
        return self.call == "s3.DeleteObject" and self.fault.kind == "kill"

    def plan(self, parent: int) -> Dict[str, Any]:
        """The proxy's instructions; `parent` is the process whose child is to be killed."""
        return {
            "call": self.call,
            "nth": self.nth,
            "kind": self.fault.kind,
            "moment": self.fault.moment,
            "lasting": self.fault.lasting,
            "status": self.fault.status,
            "listener": listener(self.call),
            "predecessor": self._predecessor(),
            "parent": parent,
        }

    def _predecessor(self) -> Optional[Sequence[Any]]:
        """The call before this one to the same server, after which the server refuses connections."""
        for index in range(self.index - 1, -1, -1):
            call = self.calls[index]
            if listener(call) == listener(self.call):
                return [call, self.calls[: index + 1].count(call)]
        return None


def timeout_seconds(case: Optional[Case], least: int = 5) -> int:
    """A call without a response takes the function's whole time; other faults get enough time for a slow machine."""
    return least if case is not None and case.fault.kind == "silence" else 30


def listener(call: str) -> str:
    service = call.split(".")[0]
    return service if service in ("slack", "runtime") else "aws"


def applies(fault: Fault, call: str) -> bool:
    """Whether a fault is possible at a call."""
    if call.startswith("runtime."):
        # Lambda's runtime interface is on the same machine and throttles no caller. Lambda ends a process that cannot
        # ask for its first event after ten seconds; the emulator never does.
        return fault.status != 429 and (call, fault.name) != ("runtime.next", "timeout before")
    return True


def cases(scenario: str, calls: Sequence[str]) -> Iterator[Case]:
    """Every fault at every call, in the order of the calls."""
    for index, call in enumerate(calls):
        for fault in FAULTS:
            if applies(fault, call):
                yield Case(scenario, calls, index, fault)


# Shares no factor with the number of faults, so neighboring calls get different kinds of faults, and each is used.
STRIDE = 7


def sample(all_cases: Sequence[Case]) -> List[Case]:
    """One case for each call; the faults take turns."""
    calls: Dict[Any, List[Case]] = {}
    for case in all_cases:
        calls.setdefault((case.scenario, case.index), []).append(case)
    chosen = []
    for number, choices in enumerate(calls.values()):
        wanted = [FAULTS[(number * STRIDE + step) % len(FAULTS)] for step in range(len(FAULTS))]
        chosen.append(min(choices, key=lambda case: wanted.index(case.fault)))
    return chosen


@dataclass
class EndState:
    """The state of the resources after everything was processed."""

    rows: Dict[str, Dict[str, Any]]
    alerts: Sequence[Tuple[str, str]] = ()
    waiting: int = 0
    dead_letters: int = 0
    given_up: int = 0
    # The headlines of first messages of threads that show sums.
    sums: Sequence[str] = ()
    # The state before redelivery: anything that appeared only after it was lost.
    in_time: Optional["EndState"] = None
