"""Work for the crew's tests: says parts, sleeps, dies, hangs, as the message wants."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from sim.apps.talk import Heard, Said, Stale


def make(folder: Path | None = None) -> Parts:
    return Parts()


def never() -> Parts:
    while True:
        time.sleep(0.01)


class Parts:
    def __call__(self, message: Heard, stale: Stale) -> Iterator[Said]:
        if message.get("die"):
            os._exit(1)
        if message.get("fail"):
            raise TypeError("unhashable type: 'list'")
        if message.get("eat"):
            bytearray(int(message["eat"]))
        while message.get("hang"):
            time.sleep(0.01)
        until = time.process_time() + float(message.get("works", 0.0))
        while time.process_time() < until:
            pass
        for part in range(int(message.get("parts", 1))):
            time.sleep(float(message.get("each", 0.0)))
            said = {"kind": "answer", "serial": message.get("serial"), "part": part, "by": os.getpid()}
            if "others_wait" in message and message.get("kind") == "show":
                said["others_wait"] = message["others_wait"]
            if "seen" in message:
                said["seen"] = message["seen"]
            yield Said(said, (bytes(int(message["bytes"])),) if "bytes" in message else ())
            if stale():
                return
