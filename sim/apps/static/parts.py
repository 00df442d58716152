"""What a page holds, each part once: messages and columns, compressed, under the number by which they are found."""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from sim.apps.talk import Said


class Parts:
    """Bytes by number; what is the same as another part is that part.

    Examples
    --------
    >>> parts = Parts()
    >>> [parts.put(b"belt"), parts.put(b"lamp"), parts.put(b"belt")]
    [0, 1, 0]
    >>> len(parts.texts)
    2
    """

    def __init__(self) -> None:
        self.texts: list[str] = []  #: in base64, as they stand in the page
        self.size = 0  #: their bytes there
        self._known: dict[bytes, int] = {}

    def put(self, data: bytes) -> int:
        """Keep a part, and return its number."""
        name = hashlib.blake2b(data, digest_size=20).digest()
        if name not in self._known:
            self._known[name] = len(self.texts)
            # Without the time, so that the same runs make the same page.
            self.texts.append(b64encode(gzip.compress(data, 9, mtime=0)).decode())
            self.size += len(self.texts[-1])
        return self._known[name]

    def put_message(self, said: Said) -> int:
        """Keep a message with its binary parts.

        A reel's columns are kept one by one: those of the world are the same whoever decides, and at many positions.
        """
        columns = said.message.get("columns", [])
        binary = [self.put(piece) for buffer in said.buffers for piece in _cut(buffer, columns)]
        return self.put(plain([said.message, binary]).encode())


def _cut(buffer: bytes, columns: Sequence[dict[str, Any]]) -> list[bytes]:
    starts = [column["offset"] for column in columns]
    return [buffer[start:end] for start, end in zip(starts, [*starts[1:], len(buffer)], strict=True)]


def plain(data: Any) -> str:
    """Return data as the JSON that goes to a browser.

    >>> plain({"say": "12 %", "value": None})
    '{"say":"12 %","value":null}'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
