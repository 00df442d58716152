"""Does any file make loading fail otherwise than with a message?

`python tests/proofs/hostile_files.py [--files 100000] [--seed 1]` changes shipped scenarios at random (values of other
types and sizes, keys moved, doubled, misspelt, left out, bytes flipped), loads each, explains and validates those that are
valid, and prints every one that ended in anything but a scenario or a `ScenarioError`, or took more than two seconds of
a processor or ten by the clock, with both as they are when it is loaded again: without the imports, say. A small number of them is
a test: `tests/document/test_hostile_files.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from sim.deployment.dry_run import dry_run
from sim.document import ScenarioError, read_document
from sim.scenario import load
from sim.scenario.warnings import warnings

SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))
#: Of a processor: longer than this nobody waits for a message, on a machine of his own.
PATIENCE_S = 2.0
#: By the clock: a wait in which nothing is computed shows here alone. A busy machine is no defect of a file.
WAITS_S = 10.0
SAYS_EVERY = 10_000
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3.5, 1e300, -1e300, 1e-300, 10**30, float("inf"), float("nan"), "", " ", "a", "0",
    "-5%", "0%", "100%", "101%", "5 %", "1us", "0s", "1h", "-1h", "100000d", "1e9h", "$1", "$-1", "nobody", "humans", "v1",
    "v2", "canary", "all", "x" * 300, "é" * 61, "\n", "\t", "=1+1", "{cause}", "%s", "../..", "/dev/zero", "/", "~",
    "result", "isNaN()", "min()", "result < 0.1", "result < ", "((((", [], {}, [[]], [None], {"": None}, [1, 2, 3],
    {"kind": "x"}, {"pattern": "canary"}, {"metric": "reject_rate"}, {"law": "fixed", "mean": "0s"}, list(range(200)),
    {str(n): n for n in range(50)},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that ended badly."""

    number: int
    text: str
    what: str


def changed(data: Any, draw: random.Random, depth: int = 0) -> Any:
    """Return data with one change somewhere."""
    if isinstance(data, dict) and data and draw.random() < 0.85:
        copy = dict(data)
        key = draw.choice(list(copy))
        kind = draw.random()
        if kind < 0.72:
            copy[key] = changed(copy[key], draw, depth + 1)
        elif kind < 0.80:
            del copy[key]
        elif kind < 0.88:
            copy[misspelt(str(key), draw)] = copy.pop(key)
        elif kind < 0.94:
            copy[draw.choice(KEYS)] = draw.choice(VALUES)
        else:
            other = draw.choice(list(copy))
            copy[key], copy[other] = copy[other], copy[key]
        return copy
    if isinstance(data, list) and data and draw.random() < 0.85:
        copy_ = list(data)
        number = draw.randrange(len(copy_))
        kind = draw.random()
        if kind < 0.8:
            copy_[number] = changed(copy_[number], draw, depth + 1)
        elif kind < 0.9:
            copy_.append(copy_[number])
        else:
            del copy_[number]
        return copy_
    return draw.choice(VALUES)


#: Keys that stand somewhere in the format: a wrong one is likeliest a right one elsewhere.
KEYS = (
    "name", "kind", "pattern", "staff", "buffer", "interval", "block", "count", "cv", "share", "shares", "bad_lots", "to",
    "at", "over", "every", "horizon", "steps", "analysis", "judge", "alarms", "retraining", "window", "threshold", "topic",
    "cleaning", "mean", "sigma", "jitter", "lots", "size", "serving", "replicas", "outages", "breakdowns", "mtbf", "faults", "review", "stalled", "hold",
)  # fmt: skip


#: What YAML reads as more than a letter.
LETTERS = ("\t", ":", "- ", "'", '"', "{", "[", "&a", "*a", "!x", "%", "\x00", "#", "\n")


def misspelt(word: str, draw: random.Random) -> str:
    letters = list(word) or ["a"]
    number = draw.randrange(len(letters))
    letters[number] = draw.choice("aex_- 0é")
    return "".join(letters)


def texts(seed: int) -> Iterator[str]:
    """Yield hostile files, for ever: the same for the same seed."""
    draw = random.Random(seed)
    shipped = [read_document(file).data for file in SCENARIOS]
    while True:
        data = draw.choice(shipped)
        for _ in range(1 + min(int(draw.expovariate(1.0)), 4)):
            data = changed(data, draw)
        text = json.dumps(data, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1]))
        if draw.random() < 0.1:
            where = draw.randrange(len(text) + 1)
            text = text[:where] + draw.choice(LETTERS) + text[where:]
        yield text


def tried(files: int, seed: int, folder: Path) -> Iterator[Failure]:
    """Load so many files, and yield those that ended badly."""
    path = folder / "hostile.yaml"
    for number, text in zip(range(files), texts(seed), strict=False):
        path.write_text(text, encoding="utf-8")
        try:
            took = seconds_of(path)
            if took.processor > PATIENCE_S or took.clock > WAITS_S:
                yield Failure(number, text, f"{took}, again {seconds_of(path)}")
        except Exception as error:
            yield Failure(number, text, f"{type(error).__name__}: {error}")
        if (number + 1) % SAYS_EVERY == 0:
            print(f"{number + 1:,} files", file=sys.stderr, flush=True)


class Seconds(NamedTuple):
    """How long something took."""

    processor: float
    clock: float

    def __str__(self) -> str:
        return f"{self.processor:.1f} s ({self.clock:.1f} s by the clock)"

    @classmethod
    def now(cls) -> Seconds:
        return cls(time.process_time(), time.perf_counter())

    def since(self, began: Seconds) -> Seconds:
        return Seconds(self.processor - began.processor, self.clock - began.clock)


def seconds_of(path: Path) -> Seconds:
    """Load, validate and explain a file; return the longest that somebody waits for one of these."""
    began = Seconds.now()
    try:
        scenario = load(path)
        list(warnings(scenario))
        took = Seconds.now().since(began)
        for given in scenario.strategies:
            dry_run(scenario.resolved(given), scenario.horizon)
    except ScenarioError as error:
        took = Seconds.now().since(began)
        if not str(error).strip():
            raise AssertionError("an empty message") from error
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, metavar="DIR", help="write the bad ones there")
    chosen = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for failure in tried(chosen.files, chosen.seed, Path(folder)):
            failures += 1
            print(f"{failure.number}: {failure.what[:300]}", flush=True)
            if chosen.keep is not None:
                chosen.keep.mkdir(parents=True, exist_ok=True)
                (chosen.keep / f"{failure.number}.yaml").write_text(failure.text, encoding="utf-8")
    print(f"{chosen.files:,} files, {failures} ended badly")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
