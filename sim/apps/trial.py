"""A trial: a visitor inspects drawn phones for two minutes, and learns what kind of an inspector that makes them.

Its phones are those of the story's own world, with more defects than a line has and without the borderline ones, which
people disagree about; then d' and the criterion are told of the same phones as those of the scenario's inspectors are.
The first half has no advice. In the second there is some, which is wrong for one phone in four whatever its picture: a
model that is as good as a real one would be wrong too seldom for two minutes to say anything.

Whoever asks says where they are, so nothing is remembered here: the phones follow from the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.apps.light import WHAT, light
from sim.columns import Codes, Flags, Severities
from sim.document import ScenarioError, checks_failed
from sim.factory.lots import Lots
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.inspectors.human.detection import view_of
from sim.scenario import Scenario
from sim.stats.detection import Answers

#: Share of defective phones: so many that a minute holds twenty of them.
DEFECTIVE = 0.4
#: Share of the advice that is wrong.
WRONG = 0.25
#: Phones of a trial; nobody is through with them in two minutes.
PHONES = 400
#: Phones that are sent at a time.
HAND = 12
#: Below this number of bad, or of good, phones nothing is said of a d'.
FEWEST = 8
#: Below this number of wrong alarms, or of wrong passes, nothing is said of a bias.
FEWEST_WRONG = 4
#: Milliseconds of the longest look that is believed: longer ones were interruptions.
LONGEST_MS = 60_000
#: A flaw that shows less than this is not seen: no eye is as good as a ruler, and neither are words for a picture.
FAINT = 0.18
#: Standard deviation of how large a flaw seems, of ln(severity): what words tell of it is as unsure as a look.
UNSURE = 0.2
#: Borders, as multiples of the limit, between the words that a flaw's size is told in.
_SEEMS = (0.55, 0.85, 1.18, 1.8)


@dataclass(frozen=True, slots=True)
class Look:
    """One answer of a visitor."""

    phone: int
    rejected: bool
    advised: bool  #: whether there was advice
    ms: float


@dataclass(frozen=True, slots=True)
class Trial:
    """The phones of one trial. A page gets what can be seen of them, and never whether they are defective.

    Examples
    --------
    >>> from sim.scenario import build
    >>> trial = Trial.of(build(), seed=3)
    >>> [hand["number"] for hand in trial.dealt(0, 2)], sorted(trial.dealt(0, 1)[0])
    ([0, 1], ['advice', 'finish', 'flaws', 'number'])
    """

    severity: Severities
    finish: Codes
    defective: Flags
    advice: Flags  #: reject
    seems: Severities  #: how large each flaw seems to one look, as a multiple of the limit

    @classmethod
    def of(cls, scenario: Scenario, seed: int) -> Trial:
        """Make the phones of a seed: the story's flaws before anything drifts, without borderline ones."""
        factory = scenario.factory.model_copy(
            update={"defect_rate": DEFECTIVE, "lots": Lots(cv=0.0, bad_share=0.0)}  # each phone has its own luck
        )
        streams = Streams(seed, 0)
        phones = World(factory, (), streams).take(2 * PHONES)
        clear = np.abs(view_of(phones.ratio, scenario.inspectors.borderline_width)) == 1.0
        chosen = np.flatnonzero(clear)[:PHONES]
        defective = phones.defective[chosen]
        draws = streams.open("trial")
        wrong = draws.random(len(chosen)) < WRONG
        severity = phones.severity[chosen]
        seems = severity * np.exp(UNSURE * draws.standard_normal(severity.shape, dtype=np.float32))
        return cls(severity, phones.finish[chosen], defective, defective != wrong, seems)

    def dealt(self, first: int, count: int = HAND, shown: float = 1.0) -> list[dict[str, Any]]:
        """Return the next phones as a page draws them, and as it tells them to who cannot see them.

        Parameters
        ----------
        first, count : int
            Which ones; after the last there are none.
        shown : float
            How much of a flaw the light shows: see `shows`.
        """
        return [self._drawn(phone, shown) for phone in range(first, min(first + count, len(self.defective)))]

    def _drawn(self, phone: int, shown: float) -> dict[str, Any]:
        flaws = [
            {
                "kind": int(kind),
                "severity": round(float(self.severity[phone, kind]), 3),
                "seems": seen_as(float(self.seems[phone, kind]), shown),
            }
            for kind in np.flatnonzero(self.severity[phone])
        ]
        return {"number": phone, "finish": int(self.finish[phone]), "flaws": flaws, "advice": bool(self.advice[phone])}

    def answers(self, looks: Sequence[Look]) -> Answers:
        """Count what was said of bad and of good phones."""
        said = [(bool(self.defective[look.phone]), look.rejected) for look in looks]
        return Answers(*(said.count(each) for each in ((True, True), (True, False), (False, True), (False, False))))

    def advised(self, looks: Sequence[Look]) -> tuple[list[Look], list[Look]]:
        """Return the looks at phones of which the advice was to reject, and of which it was to pass."""
        told = [look for look in looks if look.advised]
        return [look for look in told if self.advice[look.phone]], [
            look for look in told if not self.advice[look.phone]
        ]


def seen_as(size: float, shown: float = 1.0) -> int:
    """Return in which of the words a flaw is told that seems so large: 0 = much smaller than the limit, -1 = unseen.

    >>> [seen_as(size) for size in (0.1, 0.5, 0.7, 1.0, 1.5, 3.0)], seen_as(0.5, shown=0.3)
    ([-1, 0, 1, 2, 3, 4], -1)
    """
    if size * shown < FAINT:
        return -1
    return sum(size >= border for border in _SEEMS)


def light_at(scenario: Scenario, clock_s: float) -> dict[str, float]:
    """Return the camera's light at a moment.

    >>> from sim.scenario import build
    >>> light_at(build(), 3600.0)["brightness"]
    1.0
    """
    told = light(scenario)
    at = int(np.searchsorted(told["edges_s"], clock_s, side="right")) - 1
    usual = {"brightness": 1.0, "contrast": 1.0, "haze": 0.0, "blur": 0.0}
    return {
        name: float(values[min(max(at, 0), len(values) - 1)]) if (values := told.get(name)) else usual[name]
        for name in WHAT
    }


def shows(light: Mapping[str, float]) -> float:
    """Return how much of a flaw a light shows, 1 in a good one.

    >>> shows({"brightness": 0.5, "contrast": 1.0, "haze": 0.0, "blur": 0.0})
    0.5
    """
    bright = min(light["brightness"], 1.0) * min(light["contrast"], 1.0)
    return float(bright * (1.0 - min(light["haze"], 1.0)) / (1.0 + light["blur"]))


def looks_in(given: Any) -> list[Look]:
    """Read a page's answers, `[phone, rejected, advised, milliseconds]` each: what it says is a stranger's.

    Raises
    ------
    ScenarioError
        If they are none.

    Examples
    --------
    >>> looks_in([[0, 1, 0, 850]])
    [Look(phone=0, rejected=True, advised=False, ms=850.0)]
    >>> looks_in([[0, 1, 0, 10**400]])[0].ms
    60000.0
    >>> looks_in([[0, 1]])
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: answers: an answer is [phone, rejected, advised, milliseconds], a phone once
    """
    looks = list(_looks(given)) if isinstance(given, list) else [None]
    phones = [look.phone for look in looks if look is not None]
    if None in looks or len(set(phones)) < len(looks):
        raise _no_answers()
    return [look for look in looks if look is not None]


def _looks(given: list[Any]) -> Iterator[Look | None]:
    for each in given:
        numbers = isinstance(each, list) and len(each) == 4 and all(isinstance(value, int | float) for value in each)
        if not numbers or not 0 <= each[0] < PHONES or each[0] != int(each[0]) or not 0 <= each[3] < float("inf"):
            yield None
        else:
            yield Look(int(each[0]), bool(each[1]), bool(each[2]), float(min(each[3], LONGEST_MS)))


def _no_answers() -> ScenarioError:
    what = "an answer is [phone, rejected, advised, milliseconds], a phone once"
    return checks_failed(None, [(("answers",), what)])
