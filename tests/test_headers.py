"""What a shipped scenario's header promises is printed by `driftline run`, without `--detail`, on 80 columns.

Whether what it claims is true is asked of the numbers in `test_scenarios.py`.
"""

from __future__ import annotations

import hashlib
import re

import pytest

import sim
from sim import shipped
from tests import test_scenarios

#: Sentences of each header, and where the page shows what they tell: regular expressions, one space for any gap.
PROMISED: dict[str, dict[str, str]] = {
    "assistance": {
        "assistance takes the best of both": r"before worst day .* manual 2\d\.\d % .* assisted \d\.\d %",
        "assisted people come to leak more than people alone": r"last day .* manual( 2\d\.\d %){3} .* assisted \d\.\d %( 4\d\.\d %){2}",
    },
    "bad_candidate": {
        "leaks most defects": r"full automation 7\d\.\d % ±",
        "rejects almost nothing": r"overkill .* full automation 7\d\.\d % ±\S+ \S+ ±\S+ 0\.\d+ %",
        "a canary and blue/green earn their keep": r"rolled back .* canary 0 of 10 10 of 10 .* blue green 0 of 10 10 of 10",
    },
    "bandit_or_test": {
        "half of the phones until the end": r"ab test: 50 % of the phones to v2 .* ab test: v2 promoted",
        "the bandit earns while it learns": r"bandit: \d\d % to v2",
        "the challenger risks no phone at all": r"exposed escapes .* champion 10 of 10 0 of 10 0 of 10 [\d.]+ h 0 0 challenger",
    },
    "batching": {
        "One by one it does not keep up": r"Not stable: under “one by one” more phones come than leave",
        "A second GPU mends that": r"two GPUs 6\d\.\d ms .* 1[12]\d ms",
        "Batches need no second one": r"batches 1[01]\d ms \S+ 19\d ms .* batches 0\.0 % \S+ [78]\d\.\d %",
        "Waiting for full batches spares the GPU, and triples latency": r"full batches 3[67]\d ms .* full batches 0\.0 % \S+ [34]\d\.\d %",
    },
    "blame_bad_only": {
        "roll back within a day": r"fixed threshold 0 of 10 10 of 10 0 of 10 [\d.]+ h .* concurrent baseline 0 of 10 10 of 10 0 of 10 [\d.]+ h",
        "waits for audited escapes": r"whose escapes: .*evidence of a worse candidate: .* on \d+ audited escapes",
    },
    "blame_both": {
        "it looks healthy": r"fixed threshold [89] of 10 .* fixed threshold: v2 promoted",
        "Only a comparison with the phones of the same hours": r"concurrent baseline: at 25 % of the phones: analysis Failed: reject_rate .* stable's",
    },
    "blame_drift_only": {
        "rolls a good model back": r"fixed threshold 0 of 10 10 of 10",
        "sees both arms rise together and promotes": r"concurrent baseline: successful: reject_rate .* against stable's .* concurrent baseline: v2 promoted",
    },
    "camera_swap": {
        "overkill explodes while leakage even falls": r"leakage outgoing DPPM overkill .* full automation 14\.\d % .* 27\.\d %",
        "Watch the review load of partial automation": r"reviewed .* partial automation 2\d\.\d %",
    },
    "climbing_the_ladder": {
        "is found out in shadow and never decides a phone": r"ladder bad: stage 2, shadow.* 0 phones decided by the candidate",
        "The log book says why": r"ladder bad: evidence against bad: E .* right on \d+ of \d+ phones where one was wrong .* rolled back to humans",
    },
    "cloud_or_edge": {
        "median verdict still comes later than the Jetson's": r"latency p50 .* edge 26\d ms .* cloud 1\.\d+ s",
        "Nobody notices before the timeout": r"the network to in_the_cloud's server goes away for 2h",
        "then people decide, phone by phone": r"fallback .* edge 0 of \d+,\d+: .* cloud 8\.\d %",
        "So the cloud leaks more and costs more": r"Leakage: “edge” 0\.\d+ % .* “cloud” .* Cost: .* worse[^•]*: “cloud”",
    },
    "drift_watch": {
        "after half of it its camera sees a tenth less light": r"darker camera: camera\.brightness to 0\.9",
        "Popular defaults are among them, and so are their traps": r"brightness PSI > 0\.1 on 100: alarm.* darker camera: .* brightness CUSUM: alarm",
    },
    "good_candidate": {
        "Every careful step costs leakage here": r"after exposed escapes .* canary 9 of 10 1 of 10 0 of 10 [\d.]+ h .* canary 1\d\.\d % .* full automation 2\.\d %",
    },
    "how_much_compute": {
        "far too slow": r"leakage .* CPU 8\d\.\d % .* browser 7\d\.\d % .* overflowed .* CPU \S+ ±\S+ 7,\d+",
        "keeps up on average, but not always": r"servers busy .* Jetson \S+ % \S+ 6\d\.\d % .* overflowed .* Jetson \S+ ±\S+ \d\d ±",
        "An L4 sees every phone": r"overflowed .* L4 \S+ ±\S+ 0 ±0",
        "An A100 answers sooner, leaks no less": r"A100 2\.\d+ ms",
    },
    "lamp_ageing": {
        "people, whose rates do not move": r"last / before .* manual( \d\d\.\d %){3} [01]\.\d+ \(",
        "a canary that was promoted early": r" canary( \d\d?\.\d %){3} 1\.[5-9]\d \(1\.[2-9]",
        "add a brightness check with a longer hold": r"patient canary: at \d+ % of the phones: analysis Failed: brightness",
    },
    "lens_dust": {
        "sees it within hours": r"day 5 00:00 dust: .* day 5 \d\d:\d\d cleans the lens: pictures darken: alarm",
        "wipes the lens is back at once": r"back after .* cleans the lens( \d\d\.\d %){3} [\d.]+ \([\d.]+–[\d.]+\) never worse",
        "Who only retrains waits": r"only retrains( \d\d\.\d %){3} [\d.]+ \([\d.]+–[\d.]+\) \d\.\d days",
        "pays in overkill": r"Overkill: .* all others worse .* only retrains 16\.\d % .* 18\.\d %",
    },
    "matte_finish": {
        "it takes grain for scratches": r"overkill .* full automation .* \+1\d\.\d pt",
        "gradual data drift": r"process\.finish\.matte to 0\.67 over 2d \(data drift, gradual\)",
    },
    "new_capability": {
        "beats no inspection on leakage": r"no inspection 2,860 of 2,860: ≥ 99\.9 %",
        "what its false rejects cost": r"overkill .* full automation 3\.\d % .* cost per 1,000",
        "its server is down": r"server goes down for 2h",
        "\"fails open\" and ships": r"reviewed fallback .* 2\.8 %",
    },
    "new_crack_type": {
        "Leakage rises at once and stays": r"last / before .* full automation( \d\d?\.\d %){3} \d+\.\d+ \(",
        "People see a crack": r"Leakage: manual ",
        "All phones' inputs together hardly move": r"hinges start to moved 0\.0\d+ moved 0\.5",
    },
    "no_labels": {
        "misses far more than before": r"last / before .* believes the estimate( \d\d\.\d %){3} 1\.[3-9]\d \(",
        "who believes it keeps a model": r"rolled back .* believes the 0 of 8 0 of 8 8 of 8 .* estimate",
        "Audited labels see it, some days late": r"day 4 00:00 tighter standard: .* day \d \d\d:\d\d believes the audits: .* analysis Failed: audit_recall",
    },
    "quickstart": {
        "A canary that is still watching rolls back": r"canary: at 50 % .*brightness.*rolled back to humans",
        "blue/green was promoted hours before and watches no more": r"blue green 10 of 10 .* day 1 22:00 blue green: v2 promoted.* lamp fails",
        "the model sees a darker picture and lets defects through": r"last / before .* full automation( \d\d?\.\d %){3} \d\d\.\d+ \(",
    },
    "retraining": {
        "Nobody who only watches inputs sees it": r"tighter standard no \(",
        "Days until leakage is back are printed": r"back after .* every two days( \d\d\.\d %){3} [\d.]+ \([\d.]+–[\d.]+\) \d\.\d days",
    },
    "server_outage": {
        "The model's server crashes for three hours": r"server goes down for 3h",
        "go to the inspectors at that instant": r"reviewed fallback",
        "the buffer fills and the whole line stands still": r"one inspector .* 3\.\d % ±",
        "Latency p99 and line stopped tell the story": r"latency p99 line stopped",
        "Failing open trades latency for escapes": r"Latency p95: “fails open” 2\.\d+ s .* fails open 5\.\d %",
    },
    "server_faults": {
        "is up for nine tenths of the time": r"v1's server is up for 9\d\.\d % ±\d\.\d of the time: its availability. MTBF 11h and MTTR 1h",
        "Failing over to people is cheapest and slowest": r"Cost: “fails over” \$\d+ ±\d+ best; .* fails over 2\.\d\d s \S+ \d\d\.\d s",
        "Failing open ships what nobody saw": r"fails open fails open ships them unseen 4,\d\d\d",
        "next to nothing leaks, and of the good phones four times as many": r"fails closed 0\.\d+ % \S+ .* 9\.\d % \(",
    },
    "shadow_judged": {
        "compare recall and precision by the line and by audits": r"all in all: .*recall .* if the line were always right, .* by audits; precision .* if the line .* by audits",
        "A good model in shadow": r"“had it decided” 18\.\d % .* best",
    },
    "standard": {
        "with `--replications 5`, compare the intervals": r"30d, 1 replication, .* Ten or more replications give intervals",
        "Lamps age slowly from the tenth day on": r"day 11 00:00 lamps age",
        "the line that asks v1 (logistic) or those that ask v2": r"last / before .* partial automation( \d\d?\.\d %){3} .* full automation( \d\d?\.\d %){3}",
    },
    "tighter_scratch_standard": {
        "Everybody is wrong at first": r"last / before .* manual( \d\d\.\d %){3} .* full automation( \d\d\.\d %){3}",
        "P(x) does not move": r"P\(y\) .* tighter scratch no \(",
    },
    "shifts": {
        "Breaks together": r"latency p50 latency p95 .* breaks together \S+ s \S+ 3\d\.\d min .* breaks in turn \S+ s \S+ 3\d\.\d s",
        "as busy, at the same cost": r"Cost: .* too close to matter: all others .* breaks together 73\.\d % .* breaks in turn 73\.\d %",
        "latency p95 is hours": r"no night shift \S+ h \S+ 1\d\.\d+ h",
        "busier, no dearer": r"inspectors busy .* no night shift 77\.\d %",
    },
    "tool_wear": {
        "compare leakage with outgoing DPPM": r"leakage outgoing DPPM",
        "Leakage (share of defects that pass) hardly moves": r"last / before .* manual( \d\d\.\d %){3} [01]\.\d+ \(",
    },
    "triage": {
        "a phone that meets a full queue ships unseen": r"overflowed",
        "leakage falls": r"leakage .* first come first served 39\.\d % .* triage 21\.\d %",
        "the median one: latency p50": r"latency p50 .* triage 34\.\d s",
    },
}  # fmt: skip

#: Whoever changes a header asks himself: is it true, which test says so, and is what it tells of printed? Then he
#: changes the first letters of its digest.
READ = {
    "assistance": "b340ef3da9e4",
    "bad_candidate": "4e9ab300faf6",
    "bandit_or_test": "fac3fbe187a1",
    "batching": "74af78ba7bf0",
    "blame_bad_only": "53726deb61eb",
    "blame_both": "fd5ba9c3e75e",
    "blame_drift_only": "2e7c7684905f",
    "camera_swap": "4c117fc49921",
    "climbing_the_ladder": "344452c9605f",
    "cloud_or_edge": "3210e5734129",
    "drift_watch": "dbc8bd02de4d",
    "good_candidate": "e566056a02ed",
    "how_much_compute": "a49fd9e5baa2",
    "lamp_ageing": "5b6eb3a3e107",
    "lens_dust": "98b58cbbba3c",
    "matte_finish": "dbfaf2024a2c",
    "new_capability": "1db7c4538401",
    "new_crack_type": "2925958638ec",
    "no_labels": "191abcd65253",
    "quickstart": "055b3caf8992",
    "retraining": "7aab3637bed2",
    "server_faults": "eb18fc24e6dc",
    "server_outage": "e086111ca18c",
    "shadow_judged": "a007e10b4842",
    "shifts": "4306a968a134",
    "standard": "71cb7ad5997d",
    "tighter_scratch_standard": "ace81eeb7447",
    "tool_wear": "b4cf02b80b44",
    "triage": "9bcfff58ca3c",
}

#: The long ones, where what is printed does not hang on how many replications there are.
FEWER = {"drift_watch": 2, "retraining": 3}

every = pytest.mark.parametrize("name", shipped.scenarios())


def header(name: str) -> str:
    """Return the comment at the start of a shipped scenario, in one line."""
    lines = shipped.scenarios()[name].read_text(encoding="utf-8").split("# yaml-language-server")[0].splitlines()
    return " ".join(line.lstrip("# ") for line in lines)


@every
def test_a_header_changes_only_together_with_its_check(name: str) -> None:
    assert hashlib.sha256(header(name).encode()).hexdigest()[:12] == READ.get(name), header(name)


@every
def test_every_header_has_its_checks(name: str) -> None:
    assert PROMISED[name]
    for sentence in PROMISED[name]:
        assert sentence in header(name)


@pytest.mark.parametrize("name", sorted({*PROMISED} - {"drift_watch", "standard"}))
def test_numbers_that_a_header_claims_are_asked_for(name: str) -> None:
    assert name.startswith("blame_") or hasattr(test_scenarios.TestLessons, f"test_{name}")


@pytest.mark.slow
@every
def test_what_a_header_promises_is_printed(name: str) -> None:
    result = sim.run(sim.load(name), replications=FEWER.get(name), workers=1)
    page = " ".join(result.table(80).split())
    missing = [sentence for sentence, shows in PROMISED[name].items() if not re.search(shows, page)]
    assert missing == [], page
