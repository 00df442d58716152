"""Events: what happens to a rollout, as typed values with fields. Nobody reads their meaning out of a text.

Sentences about them are made where they are shown: `sim.report.text.sentences`. How much an event matters is said
once, here, and is the same for the terminal's list, the figures and the log book.

Why something happened is a `Reason`: a code for programs, the numbers behind it, and two wordings, for a sentence and
for a label, declared by whoever knows (a judge, a pattern). The report fills them with the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sim.deployment.wording import worded
from sim.document.characters import refused_in_a_line
from sim.line.route import Arm
from sim.plugins import in_one_line

SAID = "said"  #: the code of a reason that was given in words only


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code, the numbers behind it, and the words for them.

    Parameters
    ----------
    code : str
        One word or some, joined by underscores, for programs: "worse_proven", "threshold".
    wording : str
        A format string over the fields below and the names in `more`. Beside Python's own format specifications there
        are ``duration`` and ``moment`` for microseconds. ``{cause}`` stands for the reason behind this one.
    metric : str
        What was measured, "" if nothing was.
    value, bound : float, optional
        What came out, and the limit that it was held against.
    samples : int, optional
        On how many phones (or events) it rests.
    more : mapping of str to anything, optional
        Other numbers and names that the wording uses.
    cause : Reason, optional
        The reason behind this one.
    brief : str, optional
        The wording of a label in a figure, over the same names: 40 letters or so when it is filled in. Other reasons
        stand in it with *their* briefs. Without it a label is the whole wording.

    Examples
    --------
    >>> Reason("threshold", "{metric} {value:.3g}, at most {bound:g}", metric="reject_rate", value=0.2, bound=0.1).code
    'threshold'
    """

    code: str
    wording: str
    metric: str = ""
    value: float | None = None
    bound: float | None = None
    samples: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    cause: Reason | None = None
    brief: str = ""

    def __post_init__(self) -> None:
        """Refuse words that can't be filled or shown here, where they are written, and not in a report much later."""
        for wording in (self.wording, self.brief) if self.brief else (self.wording,):
            try:
                filled = self.filled(wording, lambda inner: inner.code)
            except Exception as error:  # whatever it is that a number's own format says
                raise ValueError(
                    f"the wording {wording!r} of the reason '{self.code}' can't be filled: {in_one_line(error)}"
                ) from error
            if (wrong := refused_in_a_line(filled)) is not None:
                raise ValueError(f"the reason {filled!r} can't be shown: {wrong}")

    def filled(self, wording: str, told: Callable[[Reason], str]) -> str:
        """Return a wording filled with these numbers; `told` puts the reasons that stand in it into words."""
        fields: dict[str, Any] = {
            "metric": self.metric,
            "value": self.value,
            "bound": self.bound,
            "samples": self.samples,
            "cause": "" if self.cause is None else self.cause,
            **self.more,
        }
        return worded(wording, fields, lambda value: told(value) if isinstance(value, Reason) else value)

    @classmethod
    def said(cls, text: str) -> Reason:
        """Return a reason that somebody gave in words only.

        >>> Reason.said("brightness: {odd}").wording
        'brightness: {{odd}}'
        """
        return cls(SAID, text.replace("{", "{{").replace("}", "}}"))

    @classmethod
    def together(cls, reasons: Sequence[Reason], separator: str = "; ") -> Reason:
        """Return several reasons as one, in this order.

        >>> Reason.together([Reason.said("it rains"), Reason.said("it is late")]).wording
        '{reason0}; {reason1}'
        """
        if len(reasons) == 1:
            return reasons[0]
        more = {f"reason{number}": reason for number, reason in enumerate(reasons)}
        wording = separator.join(f"{{{name}}}" for name in more)
        others = {"others": len(reasons) - 1}
        return cls("several", wording, more=more | others, brief="{reason0} and {others} more")


def reason_of(given: str | Reason) -> Reason:
    """Return a reason, given as one or in words."""
    if not isinstance(given, str | Reason):
        raise TypeError(f"why is said in words or by a Reason, not by {given!r}")
    return Reason.said(given) if isinstance(given, str) else given


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at one moment of the simulated time.

    `word` is the kind that JSON and the log book show; `importance` ranks events, 0 first.
    """

    word: ClassVar[str] = "note"
    importance: ClassVar[int] = 4

    time_us: int

    @property
    def kind(self) -> str:
        return self.word

    @property
    def rank(self) -> int:
        return self.importance


# -- who decides which phones ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChanged(Event):
    """The candidate gets another share of the phones, in percent."""

    word = "rollout"
    importance = 2
    arm: Arm
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsChanged(Event):
    """Several arms get shares of the phones, in percent; stable takes the rest."""

    word = "rollout"
    importance = 2
    weights: tuple[tuple[Arm, float], ...]
    stable: Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorChanged(Event):
    """The candidate sees another share of the phones without deciding, in percent; 0: none any more."""

    word = "rollout"
    importance = 2
    arm: Arm
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorsChanged(Event):
    """Several versions see shares of the phones without deciding, in percent."""

    word = "rollout"
    importance = 2
    weights: tuple[tuple[Arm, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDown(Event):
    """A version that was kept warm runs no longer."""

    word = "rollout"
    importance = 2
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted(Event):
    """An arm becomes the stable decider and takes every phone."""

    word = "promote"
    importance = 0
    arm: Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(Event):
    """Every phone back to an arm at once; until then `weight` percent of them went to candidates.

    `exposed` phones had been decided by the candidate by then and `escaped` of them were escapes: the truth knows, so
    only a report says it; None until it has been counted.
    """

    word = "abort"
    importance = 0
    arm: Arm
    reason: Reason
    weight: float | None = None
    exposed: int | None = None
    escaped: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted(RolledBack):
    """The candidate is given up; the stable decider goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted(RolledBack):
    """An earlier decider becomes stable again."""


# -- the steps of a plan --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GateWaiting(Event):
    """A pause without an end: somebody has to promote."""

    word = "rollout"
    importance = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """A human lets the plan go on."""

    word = "rollout"
    importance = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen(Event):
    """No weight rises for so long: a freeze, or a pause that an alarm asked for."""

    word = "rollout"
    importance = 2
    lasts_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(Event):
    """After an abort somebody tries again, from the first step."""

    word = "rollout"
    importance = 2
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reapplied(Event):
    """The old decider is applied again: a rollout like any other."""

    word = "rollout"
    importance = 2
    arm: Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSaid(Event):
    """An analysis under way has something to say: a warning, what is still waited for, a number for display."""

    word = "analysis"
    importance = 3
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisEnded(Event):
    """An analysis is over: `phase` is Argo's word for how."""

    word = "analysis"
    importance = 3
    phase: str
    reason: Reason


# -- what watches beside the playbook -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(Event):
    """A detector has fired: on which stream, its statistic, and the limit that this was held against."""

    word = "alarm"
    importance = 1
    alarm: str  #: its title
    metric: str  #: the stream that was watched
    value: float | None
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAnswered(Event):
    """What people do who neither roll back nor retrain: "pause", "page", or "nothing" was there to roll back."""

    word = "rollout"
    importance = 2
    alarm: str
    answer: str
    lasts_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningOrdered(Event):
    """The lens is cleaned, and that takes so long."""

    word = "clean"
    importance = 1
    alarm: str
    lasts_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrdered(Event):
    """A new version is to be trained, from these labels."""

    word = "retrain"
    importance = 3
    version: str
    labels: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTrained(Event):
    """Nothing came of a training."""

    word = "retrain"
    importance = 3
    version: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained(Event):
    """A version was trained on so many labels; offline, on phones that it had not seen, it had this recall."""

    word = "trained"
    importance = 2
    version: str
    labels: int
    defects: int
    recall: float
    overkill: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOut(Event):
    """A new version is the candidate from now on."""

    word = "out"
    importance = 1
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChecked(Event):
    """What a version does on the line, held against what it promised offline."""

    word = "gap"
    importance = 2
    version: str
    recall: float
    low: float
    high: float
    samples: int
    promised: float


# -- what a playbook says in its own words --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """What a playbook's own line is about, and with that how much it matters.

    Parameters
    ----------
    word : str
        The kind that JSON and the log book show.
    importance : int, optional
        Ranks events, 0 first.
    of_evidence : bool, optional
        Whether it tells what the evidence says. A dry run has none, and leaves it out.
    """

    word: str
    importance: int = 4
    of_evidence: bool = False


ROLLOUT = Topic("rollout", importance=2)
ANALYSIS = Topic("analysis", importance=3, of_evidence=True)


def topic_of(given: str | Topic) -> Topic:
    """Return a topic, given as one or by its word: one of the above, or one of the playbook's own.

    >>> topic_of("analysis").importance, topic_of("weather")
    (3, Topic(word='weather', importance=4, of_evidence=False))
    """
    if isinstance(given, Topic):
        return given
    if not isinstance(given, str):
        raise TypeError(f"a topic is a word or a Topic, not {given!r}")
    if (wrong := refused_in_a_line(given)) is not None:
        raise ValueError(f"the topic {given!r} can't be shown: {wrong}")
    return next((topic for topic in (ROLLOUT, ANALYSIS) if topic.word == given), Topic(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """A line that a playbook writes for itself, about a topic of its choice."""

    topic: Topic
    reason: Reason

    @property
    def kind(self) -> str:
        return self.topic.word

    @property
    def rank(self) -> int:
        return self.topic.importance


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited(Event):
    """What the playbook waits for. Only a dry run writes it down."""

    word = "waits"
    reason: Reason
