"""A DNS server on loopback."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any, List

PORT = 53
TIMEOUT_SECONDS = 0.1
QUESTION = 12
TYPE_A = 1
THIS_MACHINE = bytes([127, 0, 0, 1])


class NameServer:
    """Resolves one host to this machine, and reports every other as unknown."""

    def __init__(self, host: str, address: str = "127.0.53.1") -> None:
        self.address = address
        self.asked: List[str] = []
        self._host = host
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._is_wanted = True
        try:
            self._socket.bind((address, PORT))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> "NameServer":
        self._serving.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_wanted = False
        self._serving.join()
        self._socket.close()

    def _serve(self) -> None:
        while self._is_wanted:
            try:
                question, asker = self._socket.recvfrom(4096)
            except socket.timeout:
                continue
            self._socket.sendto(self._answer(question), asker)

    def _answer(self, message: bytes) -> bytes:
        labels, position = [], QUESTION
        while length := message[position]:
            labels.append(message[position + 1 : position + 1 + length].decode())
            position += 1 + length
        [kind] = struct.unpack_from("!H", message, position + 1)
        question = message[QUESTION : position + 5]
        host = ".".join(labels)
        self.asked.append(host)
        is_known = host == self._host
        answers = is_known and kind == TYPE_A
        # A response with recursion available; code 3 is "no such name".
        flags = 0x8180 | (0 if is_known else 3)
        head = message[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0)
        record = struct.pack("!HHHIH", 0xC000 | QUESTION, TYPE_A, 1, 60, len(THIS_MACHINE)) + THIS_MACHINE
        return head + question + (record if answers else b"")
