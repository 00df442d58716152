"""The rules' codes and the loop's own as plain numbers: numba freezes them when it compiles."""

from __future__ import annotations

from sim.line import rules
from sim.line.rules import DecidedBy, Look, Verdict

NONE, PASS, LOST, MISSING = int(Verdict.NONE), int(Verdict.PASS), int(Verdict.LOST), int(Verdict.MISSING)
TO_REVIEW, LATE, REFUSED = int(Verdict.REVIEW), int(Verdict.LATE), int(Verdict.REFUSED)
PRIMARY, REVIEW, FALLBACK, MIRROR = int(Look.PRIMARY), int(Look.REVIEW), int(Look.FALLBACK), int(Look.MIRROR)
NOT_STARTED, ON_LINE = int(DecidedBy.NOT_STARTED), int(DecidedBy.ON_LINE)
BY_NOBODY, FAIL_OPEN, OVERFLOW = int(DecidedBy.NOBODY), int(DecidedBy.FAIL_OPEN), int(DecidedBy.OVERFLOW)
FAIL_CLOSED = int(DecidedBy.FAIL_CLOSED)

UNKNOWN_URGENCY = rules.UNKNOWN_URGENCY
NEVER = 2**62  #: later than any time; larger than any buffer
MANY = 2**40  #: more than there are phones: (station, phone) is one number
QUEUE, OUTSIDE = 0, 1  #: rows of State.lists
CONVEYOR, NO_ONE = -1, -2  #: who waits for a place outside a full station, beside blocked servers (0, 1, ...)
UNDER_WAY = -3  #: in their place: a message is, to a remote model or back
DECIDERS = {"nobody": 0, "humans": 1, "model": 2}
BLOCKS, SHIPS = 0, 1  #: what a full buffer does; 2 = rejects
WHEN_FULL = {"block": BLOCKS, "ship": SHIPS, "reject": 2}

TIMER = -1  #: in place of a server's number: station 0's batch timer; -2 is that of station 1, and so on
CLIENT = -(2**30)  #: likewise: a client comes back
REQUEST, ANSWER, TIMEOUT = CLIENT - 1, CLIENT - 2, CLIENT - 3  #: likewise: of a look of a remote model

UP, DOWN, OFF, BACK, SHIFT, CUT, MENDED = range(7)  #: changes in the calendar: OFF to SHIFT of a server, else a station

#: Places in State.clock.
HEAD, HEAD_AT, HEAD_ARM, BLOCKED_SINCE, LOOKS, DECIDED, MIRRORED, PENDING, CALENDAR, STOPPED, REROUTED, READY = range(
    12
)
