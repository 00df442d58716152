"""A small story as a page of its own, and what is in such a page: its messages, decoded as a browser decodes them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

STORY = """
story: 1
title: A small line with a lamp that fails
about: Half an hour of phones, and who notices.
aim: Say who notices first.
shows: canary
export: {cross: [lamp, at]}
scenario:
  seed: 8
  horizon: 30min
  factory: {arrivals: {kind: takt, every: 10s}}
  models:
    v1: {kind: logistic, training: {phones: 2000}}
  deployment: {candidate: v1, start: 5min}
  drift:
    - {name: lamp fails, what: camera.brightness, profile: sudden, at: 10min, to: 20%}
  strategies:
    - {pattern: manual}
    - {pattern: canary, steps: [10]}
knobs:
  lamp: {path: drift.lamp fails.to, label: Brightness afterwards, from: 10%, to: 100%, step: 5%}
  at: {path: drift.lamp fails.at, label: It fails after, values: [5min, 10min, 12min, 15min, 20min, 25min]}
  share: {path: strategies.canary.steps.0, label: The canary's share, from: 5, to: 50, step: 5}
  people: {path: inspectors.count, label: Inspectors, choices: {'1': one, '2': two, '3': three}}
try:
  - {say: A lamp that does not fail., set: {lamp: 100%}, notice: Nothing to notice.}
  - {say: A little darker and a larger share., set: {lamp: 85%, share: 30}, notice: Hardly anybody sees it.}
questions:
  leaks_most: {ask: Which leaks most?, highest: escape_rate}
read_next: [docs/background/world.md]
"""


class HeldPage:
    """What stands in a page that `driftline export` wrote."""

    def __init__(self, page: Path) -> None:
        text = page.read_text(encoding="utf-8")
        found = re.search(r'<script type="application/json" id="held">(.*?)</script>', text, re.S)
        assert found is not None
        self.data: dict[str, Any] = json.loads(found[1])

    def bytes_of(self, number: int) -> bytes:
        return gzip.decompress(base64.b64decode(self.data["parts"][number]))

    def message(self, number: int) -> tuple[dict[str, Any], bytes]:
        told, pieces = json.loads(self.bytes_of(number))
        return told, b"".join(map(self.bytes_of, pieces))

    @property
    def scenarios(self) -> dict[str, str]:
        return dict(json.loads(self.bytes_of(self.data["scenarios"])))
