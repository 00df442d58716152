"""A small arena and entries to it: one that does well, and one that fails."""

from __future__ import annotations

from pathlib import Path

SMALL = """\
arena: 1
title: A short one
scenarios:
  - name: calm
    scenario: {horizon: 6h, models: {v1: {kind: logistic, training: {phones: 2000}}}, inspectors: {count: 2}}
worlds: 3
rivals: [manual, full_automation]
"""


def written(folder: Path, text: str = SMALL) -> Path:
    file = folder / "small.yaml"
    file.write_text(text, encoding="utf-8")
    return file


MINE = """\
import driftline
from dataclasses import dataclass

@dataclass
class Memory:
    seen: "int" = 0

@driftline.pattern("mine")
def mine(rollout, *, hold="1h"):
    '''All at once, after a while.'''
    memory = Memory()
    yield from rollout.wait(hold)
    memory.seen += 1
    rollout.promote()
"""
FAILS = MINE.replace("memory.seen += 1", "1 / 0")
