"""What holds on every line, whatever happens on it: small random plants with ties on purpose."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_line import HUMANS, NOBODY, Arm, Line, Route, Server, model

from sim.line.log import InspectionLog
from sim.line.rules import DecidedBy, Look, Verdict

HORIZON = 40
UNSURE = ("v1", "v2")
REFUSES = float("nan")  #: a version says nothing of such a picture

tick = st.integers(0, 12)
service = st.integers(1, 6)


@st.composite
def servers(draw, phones: int) -> Server:
    starts = sorted(draw(st.sets(st.integers(0, 20), max_size=2)))
    outages, end = [], -1
    for start in starts:
        if start > end:
            end = start + draw(st.integers(1, 8))
            outages.append((start, end))
    return Server(
        service=draw(st.lists(service, min_size=phones, max_size=phones)),
        score=draw(
            st.lists(st.sampled_from([0.1, 0.5, 0.9, 0.1, 0.5, 0.9, REFUSES]), min_size=phones, max_size=phones)
        ),
        servers=draw(st.integers(1, 2)),
        buffer=draw(st.sampled_from([None, 0, 0, 1, 2])),
        when_full=draw(st.sampled_from(["block", "block", "ship", "reject"])),
        outages=tuple(outages),
    )


@st.composite
def lines(draw) -> Line:
    phones = draw(st.integers(1, 10))
    share = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.99])
    return Line(
        due=sorted(draw(st.lists(tick, min_size=phones, max_size=phones))),
        human=draw(st.lists(service, min_size=phones, max_size=phones)),
        inspectors=draw(st.integers(1, 3)),
        buffer=draw(st.sampled_from([None, 0, 0, 1, 2])),
        when_full=draw(st.sampled_from(["block", "block", "ship", "reject"])),
        bad=[phone for phone in range(phones) if draw(st.booleans())],
        u_arm=draw(st.lists(share, min_size=phones, max_size=phones)),
        u_mirror=draw(st.lists(share, min_size=phones, max_size=phones)),
        models={name: draw(servers(phones)) for name in UNSURE},
        horizon=HORIZON,
    )


def arms() -> st.SearchStrategy[Arm]:
    unsure = [Arm(f"{name} + review", "model", name, 0.3, 0.7) for name in UNSURE]
    return st.sampled_from([HUMANS, HUMANS, NOBODY, *(model(name) for name in UNSURE), *unsure])


@st.composite
def routes(draw) -> Route:
    weights = draw(st.sampled_from([(), (25.0,), (50.0,), (100.0,), (10.0, 15.0), (50.0, 50.0)]))
    mirrors = draw(st.sets(st.sampled_from(UNSURE)))
    return Route(
        stable=draw(arms()),
        candidates=tuple((draw(arms()), weight) for weight in weights),
        mirrors=tuple((model(name), draw(st.sampled_from([25.0, 50.0, 100.0]))) for name in sorted(mirrors)),
        fallback=draw(st.sampled_from(["humans", "nobody", "reject"])),
    )


changes = st.dictionaries(st.integers(1, 25), routes(), max_size=3)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(line=lines(), route=routes(), later=changes, stops=st.sets(st.integers(1, HORIZON), max_size=15))
def test_small_steps_change_nothing(engine, line, route, later, stops):
    whole = line.run(engine, route, *later.items())
    assert line.run(engine, route, *later.items(), stops=sorted(stops)).differences(whole) == []


@settings(max_examples=300, deadline=None, derandomize=True)
@given(line=lines(), route=routes(), later=changes)
def test_invariants(engine, line, route, later):
    run = line.start(engine)
    run.set_route(route)
    for moment, new in sorted(later.items()):
        run.advance(moment)
        run.set_route(new)
    run.advance(line.horizon)
    log = run.log()
    in_force = [(-1, route), *sorted(later.items())]
    told_once_and_in_order(run, log)
    released_in_order_and_only_late_when_blocked(line, log)
    arms_follow_the_route_of_the_arrival(line, log, in_force)
    looks_make_sense(line, log)
    verdicts_come_from_looks(line, log)
    mirrors_decide_nothing(line, log, in_force)
    one_phone_at_a_time(line, log)
    first_in_first_out(log)
    nobody_idles_beside_a_queue(line, log)
    buffers_hold(line, log)


def told_once_and_in_order(run, log: InspectionLog) -> None:
    """Every verdict is told exactly once, in the order in which they fell."""
    told = run.decided_since(0)
    assert sorted(told.phone.tolist()) == np.flatnonzero(log.phones.verdict != Verdict.NONE).tolist()
    assert told.verdict_us.tolist() == sorted(told.verdict_us.tolist())
    assert told.verdict_us.tolist() == log.phones.verdict_us[told.phone].tolist()
    assert told.verdict.tolist() == log.phones.verdict[told.phone].tolist()
    assert told.decided_by.tolist() == log.phones.decided_by[told.phone].tolist()
    ended = run.mirrored_since(0)
    looks = log.looks
    mine = (looks.kind == Look.MIRROR) & (looks.end_us >= 0) & (looks.verdict != Verdict.MISSING)
    assert sorted(zip(ended.phone, ended.station, ended.end_us, ended.verdict, strict=True)) == sorted(
        zip(looks.phone[mine], looks.station[mine], looks.end_us[mine], looks.verdict[mine], strict=True)
    )
    assert ended.end_us.tolist() == sorted(ended.end_us.tolist())


def released_in_order_and_only_late_when_blocked(line: Line, log: InspectionLog) -> None:
    """A phone arrives when it is due, or at the instant in which the line moves again."""
    release = log.phones.release_us
    started = int((release >= 0).sum())
    assert (release[:started] >= 0).all(), "the conveyor keeps its order"
    assert (release[started:] == -1).all(), "the conveyor keeps its order"
    assert (np.diff(release[:started]) >= 0).all()
    stops = log.stopped.tolist()
    assert all(a < b for a, b in stops)
    assert all(one[1] <= other[0] for one, other in pairwise(stops))
    standing = dict(stops)
    for phone in range(len(release)):
        free = line.due[phone]
        if phone > 0:
            # The phone before holds the head from its arrival until the line moves again.
            before = int(release[phone - 1])
            leaves = before
            if before in standing and phone - 1 == int(np.flatnonzero(release == before)[-1]):
                leaves = standing[before]
            free = max(free, leaves) if before >= 0 else line.horizon
        expected = free if free <= line.horizon else -1
        if phone > 0 and release[phone - 1] in standing and standing[int(release[phone - 1])] == line.horizon:
            continue  # the line may stand at the horizon or start to move in that instant
        assert release[phone] == expected, f"phone {phone}"
    # Who stops the line is a phone that arrived then and asked somebody for a look that did not start.
    for begin, _ in stops:
        head = int(np.flatnonzero(release == begin)[-1])
        mine = (log.looks.phone == head) & (log.looks.enter_us == begin) & (log.looks.kind != Look.MIRROR)
        assert (log.looks.start_us[mine] != begin).all()
        assert mine.any()


def arms_follow_the_route_of_the_arrival(line: Line, log: InspectionLog, in_force) -> None:
    for phone, release in enumerate(log.phones.release_us.tolist()):
        if release < 0:
            assert log.phones.arm[phone] == -1
            assert np.isnan(log.phones.pi[phone])
            continue
        route = next(new for moment, new in reversed(in_force) if moment < release)
        u, low = line.u_arm[phone], 0.0
        chosen, pi = route.stable, 1.0 - sum(weight for _, weight in route.candidates) / 100.0
        for arm, weight in route.candidates:
            if low <= u < low + weight / 100.0:
                chosen, pi = arm, weight / 100.0
            low += weight / 100.0
        assert log.arms[log.phones.arm[phone]] == chosen.name
        assert log.phones.pi[phone] == pytest.approx(pi, abs=1e-15)


def looks_make_sense(line: Line, log: InspectionLog) -> None:
    """Times are in order and every finished look lasted as long as the phone's column says."""
    looks, columns = log.looks, line.columns()
    service = [*(columns.service_us[name] for name in line.models), columns.human.service_us]
    for i in range(len(looks.phone)):
        phone, enter, start, end = (int(c[i]) for c in (looks.phone, looks.enter_us, looks.start_us, looks.end_us))
        assert enter >= log.phones.release_us[phone] >= line.due[phone]
        assert start == -1 or start >= enter
        assert (looks.server[i] >= 0) == (start >= 0)
        if looks.verdict[i] in (Verdict.PASS, Verdict.REJECT, Verdict.REVIEW):
            assert end - start == service[looks.station[i]][phone]
            assert not np.isnan(looks.evidence[i])
        else:
            assert np.isnan(looks.evidence[i])
            if looks.verdict[i] == Verdict.REFUSED:
                assert end - start == service[looks.station[i]][phone]
        if end == -1:
            assert looks.verdict[i] == Verdict.NONE
            assert start == -1 or start + service[looks.station[i]][phone] > log.horizon_us
        if looks.verdict[i] == Verdict.LOST:
            station = line.models[log.stations[looks.station[i]]]
            assert end in {begin for begin, _ in station.outages}
            assert start == -1 or end - start <= service[looks.station[i]][phone]


def verdicts_come_from_looks(line: Line, log: InspectionLog) -> None:
    """A phone has at most one deciding look, and its verdict and moment are that look's."""
    looks, phones = log.looks, log.phones
    rule = {"ship": Verdict.PASS, "reject": Verdict.REJECT}
    for phone in range(len(phones.verdict)):
        mine = np.flatnonzero((looks.phone == phone) & (looks.kind != Look.MIRROR))
        final = [i for i in mine if looks.verdict[i] in (Verdict.PASS, Verdict.REJECT)]
        open_ = [i for i in mine if looks.verdict[i] == Verdict.NONE]
        how, verdict, when = phones.decided_by[phone], phones.verdict[phone], phones.verdict_us[phone]
        kinds = [looks.kind[i] for i in mine]
        assert len(set(kinds)) == len(kinds), "nobody looks twice for the same reason"
        if how == DecidedBy.NOT_STARTED:
            assert (verdict, when, len(mine)) == (Verdict.NONE, -1, 0)
        elif how == DecidedBy.ON_LINE:
            assert (verdict, when) == (Verdict.NONE, -1)
            assert not final
            assert len(open_) == 1, "an undecided phone waits for exactly one look"
        elif how in (DecidedBy.HUMAN, DecidedBy.MODEL, DecidedBy.REVIEW, DecidedBy.FALLBACK):
            assert len(final) == 1
            assert not open_
            assert (looks.verdict[final[0]], looks.end_us[final[0]]) == (verdict, when)
            human = looks.station[final[0]] == len(log.stations) - 1
            kind = looks.kind[final[0]]
            assert how == (
                DecidedBy.MODEL if not human
                else {Look.PRIMARY: DecidedBy.HUMAN, Look.REVIEW: DecidedBy.REVIEW, Look.FALLBACK: DecidedBy.FALLBACK}[kind]
            )  # fmt: skip
            if human:
                assert (verdict == Verdict.REJECT) == (phone in line.bad)
        else:
            assert not final
            assert not open_
            if how == DecidedBy.OVERFLOW:
                rules = {line.when_full, *(server.when_full for server in line.models.values())} - {"block"}
                assert verdict in {rule[name] for name in rules}
            elif how == DecidedBy.FAIL_CLOSED:
                assert verdict == Verdict.REJECT
            else:
                assert verdict == Verdict.PASS


def mirrors_decide_nothing(line: Line, log: InspectionLog, in_force) -> None:
    looks = log.looks
    for i in np.flatnonzero(looks.kind == Look.MIRROR):
        phone, version = int(looks.phone[i]), log.stations[looks.station[i]]
        arm = log.arms[log.phones.arm[phone]]
        assert arm.split(" + ")[0] != version, "a version does not mirror its own decision"
        shares = [share for _, route in in_force for mirror, share in route.mirrors if mirror.version == version]
        assert line.u_mirror[phone] < max(shares) / 100.0
    pairs = list(zip(looks.phone[looks.kind == Look.MIRROR], looks.station[looks.kind == Look.MIRROR], strict=True))
    assert len(set(pairs)) == len(pairs)


def one_phone_at_a_time(line: Line, log: InspectionLog) -> None:
    """No server works on two phones at once, none while it is down, and busy time fits into capacity."""
    looks = log.looks
    work = defaultdict(list)
    for i in np.flatnonzero(looks.start_us >= 0):
        end = int(looks.end_us[i]) if looks.end_us[i] >= 0 else log.horizon_us + 1
        work[int(looks.station[i]), int(looks.server[i])].append((int(looks.start_us[i]), end))
    capacity = [*(server.servers for server in line.models.values()), line.inspectors]
    for (station, server), spans in work.items():
        assert server < capacity[station]
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(spans)))
        if log.stations[station] in line.models:
            for begin, end in line.models[log.stations[station]].outages:
                assert all(b <= begin or a >= end for a, b in spans)


def first_in_first_out(log: InspectionLog) -> None:
    """Of two looks that a station began, the one asked for first (of equals, the lower phone) began first."""
    looks = log.looks
    for station in range(len(log.stations)):
        mine = np.flatnonzero((looks.station == station) & (looks.start_us >= 0))
        begun = [(int(looks.enter_us[i]), int(looks.phone[i]), int(looks.start_us[i])) for i in mine]
        for enter, phone, start in begun:
            for enter2, phone2, start2 in begun:
                # At equal moments of asking, an idle server takes the first to ask: only those who waited are ordered.
                if (enter, phone) < (enter2, phone2) and start2 > enter2:
                    assert start <= start2
                if enter < enter2:
                    assert start <= start2


def unfinished(log: InspectionLog, station: int, moment: float) -> tuple[int, int]:
    """Return how many looks of a station are under way and how many wait, between the whole microseconds."""
    looks = log.looks
    mine = looks.station == station
    start = np.where(looks.start_us >= 0, looks.start_us, np.inf)
    end = np.where(looks.end_us >= 0, looks.end_us, np.inf)
    here = mine & (looks.enter_us < moment) & (end > moment)
    return int((here & (start < moment)).sum()), int((here & (start > moment)).sum())


def held(log: InspectionLog, station: int, moment: float) -> int:
    """Return how many replicas may at most be holding a phone which no inspector has begun to look at."""
    looks = log.looks
    unsure = (looks.station == station) & np.isin(looks.verdict, (Verdict.REVIEW, Verdict.REFUSED))
    phones = looks.phone[unsure & (looks.end_us < moment)]
    start = np.where(looks.start_us >= 0, looks.start_us, np.inf)
    return int(
        (np.isin(looks.phone, phones) & np.isin(looks.kind, (Look.REVIEW, Look.FALLBACK)) & (start > moment)).sum()
    )


def nobody_idles_beside_a_queue(line: Line, log: InspectionLog) -> None:
    for moment in np.arange(0.5, log.horizon_us):
        busy, waiting = unfinished(log, len(log.stations) - 1, moment)
        assert waiting == 0 or busy == line.inspectors, f"inspectors at {moment}"
        for number, server in enumerate(line.models.values()):
            busy, waiting = unfinished(log, number, moment)
            holding = held(log, number, moment)
            assert waiting == 0 or busy + holding >= server.servers, f"model {number} at {moment}"
            if any(begin < moment < end for begin, end in server.outages):
                assert (busy, waiting) == (0, 0), f"model {number} is down at {moment}"


def buffers_hold(line: Line, log: InspectionLog) -> None:
    """No more phones wait than may; the line stands only before a station that is really full."""
    looks, humans = log.looks, len(log.stations) - 1
    stations = [*line.models.values(), line]
    for moment in np.arange(0.5, log.horizon_us):
        standing = [(a, b) for a, b in log.stopped.tolist() if a < moment < b]
        before = -1
        if standing:
            head = int(np.flatnonzero(log.phones.release_us == standing[0][0])[-1])
            end = np.where(looks.end_us >= 0, looks.end_us, np.inf)
            start = np.where(looks.start_us >= 0, looks.start_us, np.inf)
            waits = (looks.phone == head) & (looks.kind != Look.MIRROR) & (looks.enter_us < moment)
            waits = np.flatnonzero(waits & (end > moment) & (start > moment))
            assert len(waits) == 1, "the phone at the head waits for exactly one station"
            before = int(looks.station[waits[0]])
        for number, station in enumerate(stations):
            busy, waiting = unfinished(log, number, moment)
            if number == before:
                capacity = line.inspectors if number == humans else station.servers
                assert station.buffer is not None
                assert station.when_full == "block"
                assert waiting >= station.buffer + 1, "the line stands before a free place"
                assert busy + (0 if number == humans else held(log, number, moment)) >= capacity
            elif number != humans and station.buffer is not None:
                assert waiting <= station.buffer, f"station {number} at {moment}"
            elif number == humans and station.buffer is not None and not any(s.outages for s in line.models.values()):
                outside = sum(held(log, k, moment) for k in range(humans))
                assert waiting <= station.buffer + outside
