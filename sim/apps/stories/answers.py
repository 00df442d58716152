"""What a story's own answers may name: a strategy's metric, of the whole run or of the part that its event makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.apps.stories.spec import Reply
from sim.document import Loc, unknown_name
from sim.measure.metric import TRUE_METRICS

When = Literal["whole", "before", "then"]
#: What is told of rollouts beside the metrics: in how many runs, and when in the middle one of these.
ROLLED_BACK = "rolled_back"
ROLLED_BACK_AT = "rolled_back_at"
ROLLOUT = (ROLLED_BACK, ROLLED_BACK_AT)
#: What is known of a part of a run.
OF_A_PART = "escape_rate"
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Named:
    """A metric as an answer names it: `escape_rate`, `escape_rate then`."""

    metric: str
    when: When = "whole"

    @classmethod
    def of(cls, text: str) -> Named:
        """Return what a text names.

        >>> Named.of("escape_rate then")
        Named(metric='escape_rate', when='then')
        """
        metric, _, when = text.partition(" ")
        return cls(metric, "before" if when == "before" else "then" if when == "then" else "whole")


@dataclass(frozen=True, slots=True)
class Value:
    """A number that a result has to give: a metric of a strategy."""

    named: Named
    who: str


def pieces_of(say: str) -> list[str | Value]:
    """Return an answer as texts and the values between them.

    >>> pieces_of("It ships {escape_rate then of canary}.")
    ['It ships ', Value(named=Named(metric='escape_rate', when='then'), who='canary'), '.']
    """
    pieces: list[str | Value] = []
    for number, part in enumerate(_BRACES.split(say)):
        if number % 2:
            what, _, who = part.partition(" of ")
            pieces.append(Value(Named.of(what), who))
        elif part:
            pieces.append(part)
    return pieces


def wrong_in_reply(reply: Reply, strategies: Sequence[str]) -> Iterator[tuple[Loc, str]]:
    """Return what is wrong with the names of an answer, and where.

    >>> reply = Reply(say="It ships {escape_rat of canary}.", more=[("escape_rate", "canary", "manual")])
    >>> next(wrong_in_reply(reply, ["canary", "manual"]))
    (('say',), "unknown metric 'escape_rat': did you mean 'escape_rate'?")
    """
    for text in _BRACES.findall(reply.say):
        what, of, who = text.partition(" of ")
        if not of:
            yield ("say",), f"{{{text}}} names no strategy: write {{escape_rate of {strategies[0]}}}"
            continue
        yield from ((("say",), message) for message in (*_wrong_in_metric(what), *_wrong_in_strategy(who, strategies)))
    if set("{}") & set(_BRACES.sub("", reply.say)):
        yield ("say",), "a brace that belongs to no value: write {escape_rate of canary}, say"
    for key, claims in (("more", reply.more), ("alike", reply.alike)):
        for number, (what, *two) in enumerate(claims):
            yield from (((key, number, 0), message) for message in _wrong_in_metric(what))
            for place, who in enumerate(two, start=1):
                yield from (((key, number, place), message) for message in _wrong_in_strategy(who, strategies))
            if key == "alike" and Named.of(what).metric in ROLLOUT:
                yield (key, number, 0), f"{what} says who has more, not who is alike: use `more`"


def _wrong_in_metric(text: str) -> Iterator[str]:
    metric, _, when = text.partition(" ")
    if metric not in TRUE_METRICS and metric not in ROLLOUT:
        yield unknown_name("metric", metric, [*TRUE_METRICS, *ROLLOUT])
    elif when and when not in ("before", "then"):
        yield f"'{when}' after a metric: use 'before' or 'then' (while the drift or the outage lasts), or nothing"
    elif when and metric != OF_A_PART:
        yield f"{metric} is known of whole runs only; of a part of them {OF_A_PART} is"


def _wrong_in_strategy(name: str, strategies: Sequence[str]) -> Iterator[str]:
    if name not in strategies:
        yield unknown_name("strategy", name, strategies)
