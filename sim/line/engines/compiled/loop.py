"""The compiled event loop: functions that allocate nothing per phone, all of them inlined into `run`.

The next event is the smallest (time, class, station, phone) of three sources: the calendar (a sorted list), the
completions (a binary heap, one entry per busy server) and the conveyor (one phone at a time).
"""

from __future__ import annotations

import numpy as np

from sim.inspectors.human import detection as human
from sim.inspectors.human import people
from sim.line import route as routes
from sim.line import rules
from sim.line.engines.compiled.codes import (
    ANSWER,
    BLOCKED_SINCE,
    BLOCKS,
    BY_NOBODY,
    CALENDAR,
    CLIENT,
    CONVEYOR,
    CUT,
    DECIDED,
    DOWN,
    FAIL_CLOSED,
    FAIL_OPEN,
    FALLBACK,
    HEAD,
    HEAD_ARM,
    HEAD_AT,
    LATE,
    LOOKS,
    LOST,
    MANY,
    MENDED,
    MIRROR,
    MIRRORED,
    MISSING,
    NEVER,
    NO_ONE,
    NONE,
    OFF,
    ON_LINE,
    OUTSIDE,
    OVERFLOW,
    PASS,
    PENDING,
    PRIMARY,
    QUEUE,
    READY,
    REFUSED,
    REQUEST,
    REROUTED,
    REVIEW,
    SHIFT,
    SHIPS,
    STOPPED,
    TIMEOUT,
    TIMER,
    TO_REVIEW,
    UNDER_WAY,
    UNKNOWN_URGENCY,
    UP,
)
from sim.line.engines.compiled.in_force import InForce
from sim.line.engines.compiled.kernel import apart, inlined, kernel
from sim.line.engines.compiled.state import State

# The rules are said once, as plain functions; here they are compiled as they stand.
choose = inlined(routes.choose)
evidence_of = inlined(human.evidence)
human_verdict = inlined(rules.human_verdict)
read_off = inlined(people.read_off)
lasting = inlined(people.lasting)
sensitivity_at = inlined(people.sensitivity_at)
criterion_at = inlined(people.criterion_at)
felt_after = inlined(people.felt_after)
model_verdict = inlined(rules.model_verdict)
advised_verdict = inlined(rules.advised_verdict)
how_decided = inlined(rules.how_decided)
gets_through = inlined(rules.gets_through)


@inlined
def push(s: State, time: int, key: int, server: int, look: int) -> None:
    i = s.clock[PENDING]
    s.clock[PENDING] = i + 1
    while i > 0:
        parent = (i - 1) >> 1
        if s.heap[parent].at < time or (s.heap[parent].at == time and s.heap[parent].key <= key):
            break
        s.heap[i] = s.heap[parent]
        i = parent
    s.heap[i].at, s.heap[i].key, s.heap[i].who, s.heap[i].which = time, key, server, look


@inlined
def pop(s: State) -> None:
    """Remove the heap's smallest entry."""
    n = s.clock[PENDING] - 1
    s.clock[PENDING] = n
    time, key, server, look = s.heap[n].at, s.heap[n].key, s.heap[n].who, s.heap[n].which
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and (
            s.heap[child + 1].at < s.heap[child].at
            or (s.heap[child + 1].at == s.heap[child].at and s.heap[child + 1].key < s.heap[child].key)
        ):
            child += 1
        if time < s.heap[child].at or (time == s.heap[child].at and key <= s.heap[child].key):
            break
        s.heap[i] = s.heap[child]
        i = child
    if n > 0:
        s.heap[i].at, s.heap[i].key, s.heap[i].who, s.heap[i].which = time, key, server, look


@inlined
def is_full(s: State, station: int) -> bool:
    return s.stations[station].idle == 0 and s.stations[station].queued >= s.stations[station].buffer


@inlined
def new_look(s: State, now: int, phone: int, station: int, kind: int, arm: int) -> int:
    row = s.clock[LOOKS]
    s.clock[LOOKS] = row + 1
    look = s.looks[row]
    look.phone, look.station, look.server, look.kind = phone, station, -1, kind
    look.enter, look.start, look.end = now, -1, -1
    look.evidence, look.verdict, look.arm, look.urgency = np.nan, NONE, arm, UNKNOWN_URGENCY
    look.behind, look.waiter, look.batch = -1, NO_ONE, 0
    return row


@inlined
def before(s: State, one: int, other: int) -> bool:
    """The more urgent first; else first in, first out; of the same instant, the lower phone first."""
    a, b = s.looks[one], s.looks[other]
    if a.urgency != b.urgency:
        return a.urgency > b.urgency
    return a.enter < b.enter or (a.enter == b.enter and a.phone < b.phone)


@inlined
def line_up(s: State, where: int, station: int, row: int) -> None:
    """Insert a look into a list kept in order; nearly always it belongs at the end."""
    ends = s.lists[where, station]
    if ends.last < 0:
        ends.first = ends.last = row
    elif before(s, ends.last, row):
        s.looks[ends.last].behind = row
        ends.last = row
    else:
        previous, current = -1, ends.first
        while before(s, current, row):
            previous, current = current, s.looks[current].behind
        s.looks[row].behind = current
        if previous < 0:
            ends.first = row
        else:
            s.looks[previous].behind = row


@inlined
def leave(s: State, where: int, station: int) -> int:
    """Take the first look off a list, -1 if it is empty."""
    ends = s.lists[where, station]
    row = ends.first
    if row >= 0:
        ends.first = s.looks[row].behind
        s.looks[row].behind = -1
        if ends.first < 0:
            ends.last = -1
    return row


@inlined
def decide(s: State, now: int, phone: int, verdict: int, how: int) -> None:
    s.fates[phone].verdict, s.fates[phone].verdict_us, s.fates[phone].decided_by = verdict, now, how
    s.decided[s.clock[DECIDED]] = phone
    s.clock[DECIDED] += 1
    if len(s.think) > 0:
        push(s, now + s.think[phone], 4 * len(s.stations) * MANY + phone, CLIENT, 0)


@inlined
def begin(s: State, now: int, server: int, row: int) -> None:
    """A server starts on a look."""
    station, phone = s.servers[server].station, s.looks[row].phone
    s.looks[row].server, s.looks[row].start, s.looks[row].batch = server - s.stations[station].first, now, 1
    s.servers[server].job = row
    lasts = s.stations[station].setup + lasting(s.service[station, phone], s.servers[server].pace)
    push(s, now + lasts, station * MANY + phone, server, row)


@inlined
def rest(s: State, now: int, server: int) -> None:
    """Line up behind the servers that have been idle longer; of the same instant, the lower number first."""
    ends = s.stations[s.servers[server].station]
    previous = ends.latest
    if previous >= 0 and s.servers[previous].free_since == now and previous > server:
        previous, current = -1, ends.longest
        while s.servers[current].free_since < now or current < server:
            previous, current = current, s.servers[current].behind
        s.servers[server].behind = current
    else:
        s.servers[server].behind = -1
        ends.latest = server
    if previous < 0:
        ends.longest = server
    else:
        s.servers[previous].behind = server
    s.servers[server].free_since = now
    ends.idle += 1


@inlined
def longest_idle(s: State, station: int) -> int:
    ends = s.stations[station]
    server = ends.longest
    ends.longest = s.servers[server].behind
    if ends.longest < 0:
        ends.latest = -1
    ends.idle -= 1
    return server


@inlined
def begin_batch(s: State, now: int, station: int) -> None:
    """The server that has been idle longest starts on as many phones as it can take, in one list behind the first."""
    ends = s.stations[station]
    server = longest_idle(s, station)
    size = min(ends.queued, ends.batch)
    first, last, lasts = -1, -1, ends.setup
    for _ in range(size):
        row = leave(s, QUEUE, station)
        s.looks[row].server, s.looks[row].start, s.looks[row].batch = server - ends.first, now, size
        lasts += s.service[station, s.looks[row].phone]
        if first < 0:
            first = row
        else:
            s.looks[last].behind = row
        last = row
    ends.queued -= size
    s.servers[server].job = first
    push(s, now + lasts, station * MANY + s.looks[first].phone, server, first)


@inlined
def fill(s: State, now: int, station: int) -> None:
    """Idle servers start on full batches, and on what has waited long enough; else a timer says when it has."""
    ends = s.stations[station]
    while ends.idle > 0 and ends.queued > 0:
        due = s.looks[s.lists[QUEUE, station].first].enter + ends.wait
        if ends.queued < ends.batch and now < due:
            if ends.timer < 0:
                ends.timer = due
                push(s, due, (3 * len(s.stations) + station) * MANY, TIMER - station, 0)
            return
        begin_batch(s, now, station)


@inlined
def overflow(s: State, now: int, station: int, phone: int) -> None:
    decide(s, now, phone, PASS if s.stations[station].when_full == SHIPS else 1 - PASS, OVERFLOW)


@inlined
def give_up(s: State, now: int, station: int) -> None:
    """The least urgent phone leaves a full queue unseen: a more urgent one takes its place."""
    ends = s.lists[QUEUE, station]
    previous, current = -1, ends.first
    while s.looks[current].behind >= 0:
        previous, current = current, s.looks[current].behind
    ends.last = previous
    if previous < 0:
        ends.first = -1
    else:
        s.looks[previous].behind = -1
    s.stations[station].queued -= 1
    s.looks[current].end, s.looks[current].verdict = now, MISSING
    overflow(s, now, station, s.looks[current].phone)


@inlined
def ask(s: State, now: int, station: int, phone: int, kind: int, arm: int, waiter: int, urgency: float) -> bool:
    """Ask a station for a look. True: there is no room, `waiter` has to wait for a place."""
    full = is_full(s, station)
    if full and s.stations[station].when_full != BLOCKS:
        last = s.lists[QUEUE, station].last
        if last < 0 or urgency <= s.looks[last].urgency:
            overflow(s, now, station, phone)
            return False
        give_up(s, now, station)
        full = False
    row = new_look(s, now, phone, station, kind, arm)
    s.looks[row].urgency = urgency
    if full:
        s.looks[row].waiter = waiter
        line_up(s, OUTSIDE, station, row)
        return True
    take_in(s, now, station, row)
    return False


@inlined
def take_in(s: State, now: int, station: int, row: int) -> None:
    """A station that is not full starts on a look at once, or puts it into its queue."""
    if s.stations[station].idle > 0 and s.stations[station].batch == 1:
        begin(s, now, longest_idle(s, station), row)
    else:
        line_up(s, QUEUE, station, row)
        s.stations[station].queued += 1
        if s.stations[station].batch > 1:
            fill(s, now, station)


@apart
def request(s: State, now: int, station: int, phone: int, kind: int, arm: int) -> None:
    """Send a remote model what it needs for a look: the phone leaves the conveyor and waits for the answer."""
    row = new_look(s, now, phone, station, kind, arm)
    s.looks[row].waiter, s.letters[row].sent = UNDER_WAY, now
    place = len(s.stations)
    push(s, now + s.up[station, phone], (4 * place + 1 + station) * MANY + phone, REQUEST, row)
    if s.stations[station].timeout < NEVER:
        push(s, now + s.stations[station].timeout, (2 * place + station) * MANY + phone, TIMEOUT, row)


@inlined
def urgency_of(s: State, r: InForce, row: int, why: int) -> float:
    """How soon a human looks at a phone that a model is unsure of, or has refused."""
    return s.looks[row].evidence if why == REVIEW and r.triages[s.looks[row].arm] else UNKNOWN_URGENCY


@inlined
def ask_people(s: State, now: int, r: InForce, phone: int, kind: int, arm: int, waiter: int, urgency: float) -> bool:
    """A model is unsure, down or silent. True: there is no room, `waiter` has to wait for a place."""
    if kind == FALLBACK and r.unattended != NONE and not r.advises[arm]:
        decide(s, now, phone, r.unattended, FAIL_OPEN if r.unattended == PASS else FAIL_CLOSED)
        return False
    return ask(s, now, len(s.stations) - 2, phone, kind, arm, waiter, urgency)


@inlined
def send(s: State, now: int, r: InForce, phone: int, arm: int) -> bool:
    """Send the phone at the conveyor's head to whoever decides it. True: the line stands still."""
    if r.decider[arm] == 0:
        decide(s, now, phone, PASS, BY_NOBODY)
        return False
    station = r.arm_station[arm]
    if s.stations[station].down and not s.stations[station].away:
        return ask_people(s, now, r, phone, FALLBACK, arm, CONVEYOR, UNKNOWN_URGENCY)
    if s.stations[station].remote:
        request(s, now, station, phone, PRIMARY, arm)
        return False
    return ask(s, now, station, phone, PRIMARY, arm, CONVEYOR, UNKNOWN_URGENCY)


@inlined
def mirror(s: State, now: int, r: InForce, phone: int, decider: int, station: int, arm: int, share: float) -> None:
    if s.u_mirror[phone] < share and r.arm_station[decider] != station:
        if s.stations[station].remote and (s.stations[station].away or not s.stations[station].down):
            request(s, now, station, phone, MIRROR, arm)
        elif s.stations[station].down or is_full(s, station):
            row = new_look(s, now, phone, station, MIRROR, arm)
            s.looks[row].end, s.looks[row].verdict = now, MISSING
        else:
            ask(s, now, station, phone, MIRROR, arm, NO_ONE, UNKNOWN_URGENCY)


@inlined
def move_on(s: State, now: int, r: InForce, phone: int, arm: int) -> None:
    """The conveyor's head has found its place: mirror it, and bring up the next phone."""
    stations, arms, shares = r.mirror_station, r.mirror_arm, r.mirror_share
    if s.clock[REROUTED]:
        s.clock[REROUTED] = 0
        stations, arms, shares = r.head_station, r.head_arm, r.head_share
    for m in range(len(stations)):
        mirror(s, now, r, phone, arm, stations[m], arms[m], shares[m])
    s.clock[HEAD] = phone + 1
    waits = phone + 1 == len(s.due) or (len(s.think) > 0 and s.clock[READY] == 0)
    s.clock[HEAD_AT] = NEVER if waits else max(s.due[phone + 1], now)


@inlined
def come_back(s: State, now: int) -> None:
    """A client is ready to bring the next phone."""
    s.clock[READY] += 1
    if s.clock[BLOCKED_SINCE] < 0 and s.clock[HEAD] < len(s.due):
        s.clock[HEAD_AT] = max(s.due[s.clock[HEAD]], now)


@inlined
def start_moving(s: State, now: int, r: InForce) -> None:
    """The line moves again."""
    s.stopped[s.clock[STOPPED], 0], s.stopped[s.clock[STOPPED], 1] = s.clock[BLOCKED_SINCE], now
    s.clock[STOPPED] += 1
    s.clock[BLOCKED_SINCE] = -1
    move_on(s, now, r, s.clock[HEAD], s.clock[HEAD_ARM])


@inlined
def arrive(s: State, now: int, r: InForce) -> None:
    phone = s.clock[HEAD]
    if len(s.think) > 0:
        s.clock[READY] -= 1
    number = choose(s.u_arm[phone], r.bounds)
    arm = r.arms[number]
    s.fates[phone].release, s.fates[phone].arm, s.fates[phone].pi = now, r.code[arm], r.shares[number]
    s.fates[phone].decided_by = ON_LINE
    if send(s, now, r, phone, arm):
        s.clock[BLOCKED_SINCE], s.clock[HEAD_ARM], s.clock[HEAD_AT] = now, arm, NEVER
    else:
        move_on(s, now, r, phone, arm)


@inlined
def take_batches(s: State, now: int, server: int) -> int:
    """A server that takes several phones at once is free. Returns who has come in from outside, if anybody."""
    station = s.servers[server].station
    rest(s, now, server)
    fill(s, now, station)
    if s.lists[OUTSIDE, station].first < 0 or is_full(s, station):
        return NO_ONE
    row = leave(s, OUTSIDE, station)
    waiter = s.looks[row].waiter  # the conveyor: nobody else brings phones to models and waits there
    s.looks[row].waiter = NO_ONE
    line_up(s, QUEUE, station, row)
    s.stations[station].queued += 1
    fill(s, now, station)
    return waiter


@inlined
def take_next(s: State, now: int, server: int) -> int:
    """A server is free: it takes the queue's head. Returns who has come in from outside for that place, if anybody."""
    station = s.servers[server].station
    row = leave(s, QUEUE, station)
    admitted = leave(s, OUTSIDE, station)
    waiter = NO_ONE
    if admitted >= 0:
        waiter = s.looks[admitted].waiter
        s.looks[admitted].waiter = NO_ONE
    if row < 0:
        row = admitted
    elif admitted >= 0:
        line_up(s, QUEUE, station, admitted)
    else:
        s.stations[station].queued -= 1
    if row >= 0:
        begin(s, now, server, row)
    else:
        rest(s, now, server)
    return waiter


@inlined
def free(s: State, now: int, r: InForce, server: int) -> None:
    """A server is free: it takes the queue's head, and whoever waited outside for that place comes in."""
    while True:
        station = s.servers[server].station
        if s.servers[server].away:
            return
        waiter = take_batches(s, now, server) if s.stations[station].batch > 1 else take_next(s, now, server)
        if waiter == NO_ONE:
            return
        if waiter == CONVEYOR:
            start_moving(s, now, r)
            return
        s.servers[waiter].blocked -= 1
        if s.servers[waiter].blocked:
            return
        server = waiter


@inlined
def complete(s: State, now: int, r: InForce, server: int, row: int) -> None:
    """A look is over: write down what came of it, then decide the phone or pass it on."""
    station, phone, arm = s.looks[row].station, s.looks[row].phone, s.looks[row].arm
    humans = len(s.stations) - 2
    advised = r.advises[arm] and s.looks[row].kind == REVIEW
    if station == humans:
        view, d_prime, criterion = s.sight[phone], s.d_prime, s.criterion
        if len(s.search) > 0:  # people who change
            who, start = s.servers[server], s.looks[row].start
            if not s.u_search[phone] < read_off(s.search, s.service[station, phone] / people.LOOK_STEP_US):
                view = -1.0
            d_prime = sensitivity_at(who.d_prime, s.fatigue, start - who.on_since)
            odds = read_off(s.odds, who.felt * people.FELT_STEPS)
            waning = read_off(s.vigilance, (start - who.rested_at) / people.TIME_STEP_US)
            criterion = criterion_at(who.criterion, odds, waning, s.night, start)
        evidence = evidence_of(view, d_prime, s.z[phone])
        verdict = human_verdict(evidence, criterion)
        if len(s.search) > 0:
            s.servers[server].felt = felt_after(s.servers[server].felt, evidence > criterion, s.memory)
        if advised:
            score = s.score[r.arm_station[arm], phone]
            verdict = advised_verdict(
                verdict, score, r.opinion[arm], r.follow_pass[arm], r.follow_reject[arm], s.u_defer[phone]
            )
    else:
        evidence = s.score[station, phone]
        verdict = model_verdict(evidence, r.low[arm], r.high[arm])
    s.looks[row].end, s.looks[row].evidence = now, evidence
    if s.stations[station].remote:
        s.looks[row].waiter = UNDER_WAY
        push(s, now + s.down[station, phone], (len(s.stations) + station) * MANY + phone, ANSWER, row)
        return
    why = conclude(s, now, r, row, verdict, advised)
    if why != NONE and ask_people(s, now, r, phone, why, arm, server, urgency_of(s, r, row, why)):
        s.servers[server].blocked += 1


@inlined
def conclude(s: State, now: int, r: InForce, row: int, verdict: int, advised: bool) -> int:
    """The line knows what a look has shown, and decides the phone. Returns why a human has to look, or NONE."""
    look = s.looks[row]
    look.verdict = verdict
    if look.kind == MIRROR:
        if verdict == REFUSED:
            look.verdict = MISSING
        else:
            s.mirrored[s.clock[MIRRORED]] = row
            s.clock[MIRRORED] += 1
    elif verdict == REFUSED:
        return FALLBACK
    elif verdict == TO_REVIEW:
        return REVIEW
    else:
        by_human = look.station == len(s.stations) - 2
        decide(s, now, look.phone, verdict, how_decided(by_human, look.kind, advised))
    return NONE


@inlined
def hand_on(s: State, now: int, r: InForce, server: int, row: int) -> bool:
    """What a server has in hand goes on, one phone or a batch. True: it is free; else phones have nowhere to go."""
    s.servers[server].job = -1
    while row >= 0:
        behind = s.looks[row].behind
        s.looks[row].behind = -1
        complete(s, now, r, server, row)
        row = behind
    return s.servers[server].blocked == 0


@inlined
def crash(s: State, now: int, r: InForce, station: int) -> None:
    """Work in hand and in the queue is lost at this instant, and those phones go to the fallback."""
    s.stations[station].down, s.stations[station].idle = 1, 0
    s.stations[station].longest = s.stations[station].latest = -1
    lost = s.lost
    count = 0
    for server in range(s.stations[station].first, s.stations[station + 1].first):
        s.servers[server].away = 1
        row = s.servers[server].job
        s.servers[server].job = -1
        while row >= 0:
            lost[count] = row
            count += 1
            behind = s.looks[row].behind
            s.looks[row].behind = -1
            row = behind
    s.stations[station].queued = 0
    for where in (QUEUE, OUTSIDE):
        row = leave(s, where, station)
        while row >= 0:
            lost[count] = row
            count += 1
            row = leave(s, where, station)
    for i in range(1, count):  # nearly in order: the few in hand came first
        row, j = lost[i], i
        while j > 0 and before(s, row, lost[j - 1]):
            lost[j] = lost[j - 1]
            j -= 1
        lost[j] = row
    moves = False
    for i in range(count):
        row = lost[i]
        s.looks[row].end = now
        if s.stations[station].away or s.looks[row].verdict != NONE:
            continue  # nobody hears of it, or waits for it
        s.looks[row].verdict = LOST
        if s.looks[row].kind == MIRROR:
            s.looks[row].verdict = MISSING
            continue
        phone, arm, waiter = s.looks[row].phone, s.looks[row].arm, s.looks[row].waiter
        if not ask_people(s, now, r, phone, FALLBACK, arm, waiter, UNKNOWN_URGENCY) and waiter == CONVEYOR:
            moves = True
    if moves:
        start_moving(s, now, r)


@inlined
def receive(s: State, now: int, row: int) -> bool:
    """A request should be at the server: it takes it in, waited for or not. True: there the phone is lost."""
    look = s.looks[row]
    there = s.stations[look.station]
    look.waiter = NO_ONE
    if not gets_through(there.away, there.back, s.letters[row].sent):
        look.end = now  # nobody notices before the timeout
        return False
    look.enter = now
    if not there.down and not is_full(s, look.station):
        take_in(s, now, look.station, row)
        return False
    look.end = now
    if look.verdict != NONE:
        return False
    look.verdict = MISSING
    if look.kind == MIRROR:
        return False
    if there.down:
        look.verdict = LOST
        return True
    overflow(s, now, look.station, look.phone)
    return False


@inlined
def hear(s: State, now: int, r: InForce, row: int) -> int:
    """An answer should be back; after the timeout it is only written down. Returns why a human looks, or NONE."""
    look = s.looks[row]
    there = s.stations[look.station]
    look.waiter = NO_ONE
    if not gets_through(there.away, there.back, look.end):
        return NONE
    s.letters[row].answered = now
    if look.verdict != NONE:
        return NONE
    return conclude(s, now, r, row, model_verdict(look.evidence, r.low[look.arm], r.high[look.arm]), False)


@inlined
def time_out(s: State, row: int) -> bool:
    """Nobody waits any longer for what a remote model says. True: it has not said it, and a phone waited."""
    look = s.looks[row]
    if look.verdict != NONE:
        return False
    look.verdict = MISSING if look.kind == MIRROR else LATE
    return look.kind != MIRROR


@apart
def deliver(s: State, now: int, r: InForce, what: int, row: int) -> None:
    """A message should be at a remote model's server, or back at the line, or it is no longer waited for."""
    kind, urgency = NONE, UNKNOWN_URGENCY
    if what == ANSWER:
        kind = hear(s, now, r, row)
        urgency = urgency_of(s, r, row, kind)
    elif receive(s, now, row) if what == REQUEST else time_out(s, row):
        kind = FALLBACK
    if kind != NONE:
        ask_people(s, now, r, s.looks[row].phone, kind, s.looks[row].arm, NO_ONE, urgency)


@inlined
def repair(s: State, now: int, station: int) -> None:
    s.stations[station].down = 0
    for server in range(s.stations[station].first, s.stations[station + 1].first):
        s.servers[server].away = 0
        if not s.servers[server].blocked:
            rest(s, now, server)


@inlined
def go_off_duty(s: State, server: int) -> None:
    """A person leaves: who has a phone in hand finishes it, who waits for one is no longer there."""
    s.servers[server].away = 1
    if s.servers[server].job >= 0:
        return
    ends = s.stations[s.servers[server].station]
    previous, current = -1, ends.longest
    while current != server:
        previous, current = current, s.servers[current].behind
    if previous < 0:
        ends.longest = s.servers[server].behind
    else:
        s.servers[previous].behind = s.servers[server].behind
    if ends.latest == server:
        ends.latest = previous
    ends.idle -= 1


@inlined
def come_on_duty(s: State, server: int, what: int, on_since: int, rested_at: int) -> bool:
    """A person comes for a shift, or back from a break. True: to take a phone."""
    was_away, at_work = s.servers[server].away, s.servers[server].job >= 0
    s.servers[server].away, s.servers[server].on_since = 0, on_since
    if what == SHIFT or not at_work:  # a phone in hand all the time was no break
        s.servers[server].rested_at = rested_at
    return was_away and not at_work


# Measured: 6 seconds of one core of 2.x GHz, and twice that where two runs share it.
@kernel("the line's event loop", takes="5 seconds to half a minute, as fast as one core is")
def run(s: State, r: InForce, until: int) -> bool:
    """Process everything up to and at `until`. False: the table of looks is full, grow it and go on."""
    clock = s.clock
    needed = len(s.stations) + 1 + s.stations[len(s.stations) - 1].batch  # looks that one event asks for, at the most
    calendar = s.calendar[clock[CALENDAR]].when
    while True:
        room = len(s.looks) - clock[LOOKS]
        if room < needed:
            return False
        completion = s.heap[0].at if clock[PENDING] > 0 else NEVER
        arrival = clock[HEAD_AT]
        now = min(calendar, completion, arrival)
        if now > until or now == NEVER:
            return True
        freed = -1
        if now == calendar:
            change = s.calendar[clock[CALENDAR]]
            what, where = change.what, change.where
            if (
                what == DOWN
                and room
                < s.stations[where].queued
                + (s.stations[where + 1].first - s.stations[where].first) * s.stations[where].batch
                + len(s.stations)
                + 3
            ):
                return False
            clock[CALENDAR] += 1
            calendar = s.calendar[clock[CALENDAR]].when
            if what == DOWN:
                crash(s, now, r, where)
            elif what == UP:
                repair(s, now, where)
            elif what == CUT:
                s.stations[where].away = 1
            elif what == MENDED:
                s.stations[where].away, s.stations[where].back = 0, now
            elif what == OFF:
                go_off_duty(s, where)
            elif come_on_duty(s, where, what, change.on_since, change.rested_at):
                freed = where
        elif now == completion:
            server, row = s.heap[0].who, s.heap[0].which
            pop(s)
            if server >= 0:
                if s.servers[server].job == row and hand_on(s, now, r, server, row):  # else it was lost in a crash
                    freed = server
            elif server == CLIENT:
                come_back(s, now)
            elif server < CLIENT:
                deliver(s, now, r, server, row)
            else:
                s.stations[TIMER - server].timer = -1
                fill(s, now, TIMER - server)
        else:
            arrive(s, now, r)
        if freed >= 0:
            free(s, now, r, freed)
