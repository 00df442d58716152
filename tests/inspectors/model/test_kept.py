"""Trained versions are kept for the next run: what is found is what training gives, and nothing breaks a run."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model import TrainedVersion, kept, training
from sim.inspectors.model.kinds.boosted_trees import BoostedTrees
from sim.inspectors.model.kinds.logistic import Logistic

PHONES = {"phones": 1500}


def _with_another_bit(content: bytes, place: int) -> bytes:
    """Turn a bit in the middle, among the scores: it can be read as well as before, and is wrong."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own."""
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def trained(seed: int = 1, kind: type[training.TrainableModel] = Logistic, **more: object) -> TrainedVersion:
    name = {Logistic: "logistic", BoostedTrees: "boosted_trees"}[kind]
    spec = kind.model_validate({"kind": name, "training": PHONES, **more})
    return training.train("v1", spec, Factory(defect_rate=0.05), Inspectors(), seed)


def same(one: TrainedVersion, other: TrainedVersion) -> bool:
    """Whether two versions say the same of any phone, to the last bit, and have the same threshold."""
    features = np.random.default_rng(0).normal(size=(2000, 11)).astype(np.float32)
    columns = ("scores", "labels", "weights")
    return (
        np.array_equal(one.score(features), other.score(features))
        and (one.name, one.slope, one.intercept, one.threshold, one.spec, one.ranked.name)
        == (other.name, other.slope, other.intercept, other.threshold, other.spec, other.ranked.name)
        and all(np.array_equal(getattr(one.ranked, each), getattr(other.ranked, each)) for each in columns)
    )


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make training impossible from the call on."""

    def refused(*_: object) -> None:
        raise AssertionError("trained again")

    return lambda: monkeypatch.setattr(training, "_learned", refused)


@pytest.mark.parametrize("kind", [Logistic, BoostedTrees])
def test_what_is_found_is_what_was_trained(
    kind: type[training.TrainableModel], no_training: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(kind=kind)
    with monkeypatch.context() as nothing_kept:
        nothing_kept.setenv(kept.VARIABLE, "")
        alone = trained(kind=kind)
    no_training()
    assert same(trained(kind=kind), first)
    assert same(alone, first)


def test_a_threshold_is_set_after_training_and_other_phones_are_another_version(
    place: Path, no_training: Callable[[], None]
) -> None:
    first = trained()
    assert len(list(place.iterdir())) == 1
    trained(seed=2)
    assert len(list(place.iterdir())) == 2
    no_training()
    assert trained(reject_share="10%").threshold < first.threshold
    with pytest.raises(AssertionError, match="trained again"):
        trained(seed=3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: _with_another_bit(content, len(content) // 2),
        lambda content: kept._digest(b"no pickle") + b"no pickle",
    ],
    ids=["empty", "truncated", "a bit", "unreadable"],
)
def test_a_damaged_file_is_as_none(place: Path, damage: Callable[[bytes], bytes]) -> None:
    first = trained()
    (file,) = place.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert same(trained(), first)
    assert file.read_bytes() == whole, "kept again"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="a home is its owner's alone")
def test_what_others_may_have_written_is_not_read(place: Path) -> None:
    first = trained()
    (file,) = place.iterdir()
    evil = pickle.dumps("not a version")
    file.write_bytes(kept._digest(evil) + evil)
    file.chmod(0o622)
    assert same(trained(), first)
    place.chmod(0o777)
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    assert same(trained(), first)
    assert {each.name: each.read_bytes() for each in place.iterdir()} == before


def test_a_folder_that_is_a_file_keeps_nothing(place: Path) -> None:
    place.write_text("mine")
    assert same(trained(), trained())
    assert place.read_text() == "mine"


def test_the_oldest_go_first_and_what_is_not_ours_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.mkdir()
    (place / "thesis.version").write_bytes(bytes(5000))
    monkeypatch.setattr(kept, "MOST_BYTES", 3000)
    keys = [kept.key_of(str(number)) for number in range(4)]
    for number, key in enumerate(keys[:3]):
        kept.obtain(key, lambda: bytes(900))
        os.utime(place / f"{key}.version", (number, number))
    kept.obtain(keys[0], lambda: pytest.fail("it is there"))  # asked for again
    kept.obtain(keys[3], lambda: bytes(900))
    there = {each.name for each in place.iterdir()}
    assert there == {"thesis.version", *(f"{keys[number]}.version" for number in (0, 2, 3))}


def test_two_processes_at_once_leave_one_whole_file(place: Path) -> None:
    code = (
        "import sys; from sim.inspectors.model import kept\n"
        "for _ in range(200):\n"
        "    kept._write(kept.folder() / ('0' * 40 + '.version'), 'x' * 100_000)\n"
        "    assert kept._read(kept.folder() / ('0' * 40 + '.version')) == 'x' * 100_000\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert [each.name for each in place.iterdir()] == [f"{'0' * 40}.version"]
