"""The emulators of a stack of handlers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Callable, Dict, Iterator

from .emulator import Emulator


class Emulators:
    """Starts the emulator of a handler at its first use, and keeps it until `stop`."""

    def __init__(self, make: Callable[[str], Emulator]) -> None:
        self._make = make
        self._running: Dict[str, Emulator] = {}
        self._past_output = ""
        self._stack = ExitStack()

    def __getitem__(self, handler: str) -> Emulator:
        if handler not in self._running:
            self._running[handler] = self._stack.enter_context(self._make(handler))
        return self._running[handler]

    def __iter__(self) -> Iterator[str]:
        """The handlers that have an emulator."""
        return iter(dict(self._running))

    def stop(self) -> None:
        """Ends every handler; its next invocation is a cold start."""
        self._past_output = self.output()
        self._stack.close()
        self._running.clear()

    def output(self) -> str:
        """Standard output and standard error of all handlers, since the first one started."""
        return self._past_output + "".join(emulator.output() for emulator in self._running.values())
