"""What happens to a phone at a station: plain functions, said once, that every engine calls.

Only + - * / and comparisons, in a fixed order, so that all engines agree to the last bit. (A human look's evidence
is in `sim.inspectors.human.detection`, where training needs it too.)
"""

from __future__ import annotations

from enum import IntEnum


class Verdict(IntEnum):
    """What a look, or the line, says of a phone."""

    NONE = -1  #: nothing yet
    PASS = 0  #: the phone ships
    REJECT = 1
    REVIEW = 2  #: the model is unsure: a human decides
    LOST = 3  #: the server crashed with the phone in hand or in its queue
    MISSING = 4  #: a look that was asked for and never came about
    LATE = 5  #: no answer by the timeout: whatever the model says afterwards is ignored
    REFUSED = 6  #: the model does not score such a picture: the fallback decides


class Look(IntEnum):
    """Why somebody looks at a phone."""

    PRIMARY = 0  #: the arm's own look
    REVIEW = 1  #: a human's, because the model was unsure
    FALLBACK = 2  #: a human's, because the model was down or did not answer in time
    MIRROR = 3  #: a model's, that decides nothing


class DecidedBy(IntEnum):
    """How a phone's verdict came about."""

    NOT_STARTED = 0  #: never released: the line was blocked
    ON_LINE = 1  #: released, no verdict at the horizon
    NOBODY = 2  #: shipped without inspection, as planned
    HUMAN = 3
    MODEL = 4
    REVIEW = 5  #: a human, after an unsure model
    FALLBACK = 6  #: a human, because the model was down or did not answer in time
    FAIL_OPEN = 7  #: shipped because the model was down or did not answer in time
    OVERFLOW = 8  #: a full buffer's rule
    ASSISTED = 9  #: a human who knew the model's opinion
    FAIL_CLOSED = 10  #: rejected because the model was down


class EventClass(IntEnum):
    """The order of events at one instant; a strategy wakes after them all."""

    DUTY = 0  #: people come and go: who leaves takes nothing of this instant, what a crash hands on included
    NETWORK = 1  #: partitions begin and end
    CALENDAR = 2  #: outages begin and end
    COMPLETION = 3
    ANSWER = 4  #: what a model has said is back at the line: it beats its own timeout
    TIMEOUT = 5
    BATCH_TIMER = 6
    CLIENT = 7  #: who waited for a verdict is ready to bring the next phone
    REQUEST = 8  #: a phone's images are at the model's server
    ARRIVAL = 9


def human_verdict(evidence: float, criterion: float) -> int:
    """Reject iff the evidence exceeds the criterion."""
    return Verdict.REJECT if evidence > criterion else Verdict.PASS


def model_verdict(score: float, low: float, high: float) -> int:
    """Reject above `high`, pass up to `low`, review between them (no band: low = high); without a score refuse."""
    if score != score:  # not a number
        return Verdict.REFUSED
    if score > high:
        return Verdict.REJECT
    return Verdict.REVIEW if score > low else Verdict.PASS


def advised_verdict(
    own: int, score: float, threshold: float, follow_pass: float, follow_reject: float, u: float
) -> int:
    """Return what a human says who knows the model's opinion: where it contradicts the own one, it may prevail.

    `u` is the phone's uniform draw for deference; automation bias is following a model that is wrong.
    """
    opinion = Verdict.REJECT if score > threshold else Verdict.PASS
    if own == opinion:
        return own
    follow = follow_reject if opinion == Verdict.REJECT else follow_pass
    return opinion if u < follow else own


def gets_through(away: int, back_us: int, sent_us: int) -> bool:
    """Whether a message that would arrive now does: no partition is on, and none has ended since it was sent.

    >>> gets_through(False, 30, sent_us=30), gets_through(False, 30, sent_us=29), gets_through(True, 0, sent_us=30)
    (True, False, False)
    """
    return not away and back_us <= sent_us


#: How urgent a phone is that no model has scored for the queue: what is unknown comes first.
UNKNOWN_URGENCY = 1.0

UNATTENDED = {
    "nobody": (Verdict.PASS, DecidedBy.FAIL_OPEN),
    "reject": (Verdict.REJECT, DecidedBy.FAIL_CLOSED),
}
"""What becomes of a phone when the model is down and no person is asked, by the route's fallback."""

BY_FALLBACK = (DecidedBy.FALLBACK, DecidedBy.FAIL_OPEN, DecidedBy.FAIL_CLOSED)
"""Decided so since the model was down, or refused."""

UNSEEN = {"ship": Verdict.PASS, "reject": Verdict.REJECT}
"""What a full buffer's rule does with a phone that nobody has looked at."""


def how_decided(by_human: bool, kind: int, advised: bool) -> int:
    """Name how a verdict came about, from who looked and why."""
    if not by_human:
        return DecidedBy.MODEL
    if kind == Look.REVIEW:
        return DecidedBy.ASSISTED if advised else DecidedBy.REVIEW
    return DecidedBy.FALLBACK if kind == Look.FALLBACK else DecidedBy.HUMAN
