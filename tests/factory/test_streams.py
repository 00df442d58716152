"""Named streams: every column has its own, known by name alone, and cutting a world into blocks changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sim.factory.arrivals import Arrivals, Batches, Poisson, Profile, Takt, Trays
from sim.factory.camera import Camera
from sim.factory.cause import quantities_of
from sim.factory.drift import Drift, DriftEvent
from sim.factory.finishes import Finish
from sim.factory.flaws import PHONE_KINDS, Kind
from sim.factory.lots import Lots
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams, words
from sim.factory.world import World
from sim.inspectors.human.detection import HumanColumns, HumanDraws, Inspectors
from sim.inspectors.serving.law import Exponential, Fixed, Lognormal

DAY_AND_NIGHT = [{"at": "0h", "per_hour": 180}, {"at": "8h", "per_hour": 60}, {"at": "20h", "per_hour": 7}]
SHIFT = [{"at": "1min", "per_hour": 400}, {"at": "3min", "per_hour": 31}, {"at": "5min", "per_hour": 0}]
ARRIVALS = {
    "takt": Takt(every="20s"),
    "takt with jitter": Takt(every="20s", jitter="50%"),
    "an odd takt with jitter": Takt(every="7us", jitter="50%"),
    "poisson": Poisson(every="20s"),
    "trays": Trays(every="20s", size=7),
    "batches": Batches(every="2min", size=6, spacing="5s"),
    "batches at random": Batches(every="2min", size=6, at_random=True),
    "a profile": Profile(rates=DAY_AND_NIGHT),
    "an even profile": Profile(rates=DAY_AND_NIGHT, at_random=False),
    "a profile of a short day with a night of none": Profile(rates=SHIFT, period="7min"),
}


def event(**given: object) -> Drift:
    made: Drift = TypeAdapter(DriftEvent).validate_python(given)
    return made


DRIFT = (
    event(what="camera.contrast", profile="gradual", at="5min", over="1h", to=0.5),
    event(what="camera.contrast", profile="gradual", at="10min", over="20min", to=2.0),
    event(what="camera.haze", profile="incremental", at="5min", over="1h", to=0.4),
    event(what="process.rate.dent", profile="gradual", at="20min", over="20min", to="30%"),
    event(what="process.defect_rate", profile="sudden", at="30min", to="10%"),
    event(what="standard.tolerance.scratch", profile="recurring", at="5min", over="5min", every="20min", to=0.7),
    event(what="process.finish.matte", profile="gradual", at="0s", over="30min", to="90%"),
    event(what="process.severity", profile="blip", at="15min", over="10min", to=1.5),
)
FINISHES = (Finish(name="gloss", share="70%"), Finish(name="matte", share="30%", gain=0.7, texture=0.1))
SMALL_LOTS = Lots(size=11)


def columns(phones: Phones) -> dict[str, np.ndarray]:
    """Every column of a world, by name."""
    found = {f.name: getattr(phones, f.name) for f in fields(phones) if f.name not in ("first", "mix", "stuck")}
    return found | {f"mix of {key}": uniforms for key, uniforms in phones.mix.items()}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if not np.array_equal(one[name], other[name])]


class TestNames:
    def test_words_are_the_first_sixteen_bytes_of_blake2b(self):
        for name in ("arm", "flaw.scratch", "serving.v1", "Ünïcode"):
            digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
            assert words(name) == np.frombuffer(digest, dtype="<u4").tolist()

    def test_words_never_change(self):
        # Written down, so that no later change can move every random number of every scenario unnoticed.
        assert words("arm") == [2829793365, 843013698, 649371617, 316918012]

    def test_a_stream_is_made_of_seed_replication_and_name(self):
        sequence = np.random.SeedSequence([7, 3, *words("arm")])
        expected = np.random.Generator(np.random.PCG64(sequence)).random(5)
        assert Streams(7, 3).open("arm").random(5).tolist() == expected.tolist()

    def test_a_branch_is_a_prefix(self):
        one = Streams(7, 3).branch("history").open("arm").random(5)
        assert one.tolist() == Streams(7, 3).open("history/arm").random(5).tolist()
        assert Streams(7, 3).branch("a").branch("b").open("c").random() == Streams(7, 3).open("a/b/c").random()

    def test_seed_replication_and_name_all_matter(self):
        draws = {
            Streams(*key).open(name).random() for key in ((1, 0), (0, 1), (1, 1), (2, 0)) for name in ("arm", "mirror")
        }
        assert len(draws) == 8

    def test_every_column_of_a_world_has_a_stream_of_its_own(self, monkeypatch):
        opened = []
        usual = Streams.open
        monkeypatch.setattr(Streams, "open", lambda self, name: opened.append(self._prefix + name) or usual(self, name))
        streams = Streams(1, 0)
        World(Factory(finishes=FINISHES), DRIFT, streams)
        HumanDraws(Inspectors(), streams)
        assert len(opened) == len(set(opened))
        assert len(opened) == 2 + 2 + 2 * len(PHONE_KINDS) + 2 + 1 + 4 + 4 + 1 + 4


def any_cuts(test: Callable[..., None]) -> Callable[..., None]:
    drawn = given(cuts=st.lists(st.integers(0, 60), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))(test)
    made: Callable[..., None] = settings(max_examples=25, deadline=None, derandomize=True)(drawn)
    return made


@pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS)
class TestBlocks:
    """take(a) then take(b) is take(a + b), for every column."""

    @any_cuts
    def test_of_the_world(self, arrivals: Arrivals, cuts: list[int], seed: int):
        factory = Factory(arrivals=arrivals, finishes=FINISHES, lots=SMALL_LOTS)
        whole = World(factory, DRIFT, Streams(seed, 0)).take(sum(cuts))
        world = World(factory, DRIFT, Streams(seed, 0))
        parts = [world.take(count) for count in cuts]
        assert [part.first for part in parts] == [sum(cuts[:i]) for i in range(len(cuts))]
        cut = {name: np.concatenate([columns(part)[name] for part in parts]) for name in columns(whole)}
        assert same(cut, columns(whole)) == []

    @any_cuts
    def test_of_human_looks(self, arrivals: Arrivals, cuts: list[int], seed: int):
        for law in (Lognormal(mean="21s"), Exponential(law="exponential", mean="21s"), Fixed(law="fixed", mean="21s")):
            inspectors = Inspectors(service=law)

            def made(
                counts: list[int], inspectors: Inspectors = inspectors
            ) -> tuple[list[float], list[float], list[int]]:
                factory = Factory(arrivals=arrivals, lots=SMALL_LOTS)
                world, draws = World(factory, (), Streams(seed, 0)), HumanDraws(inspectors, Streams(seed, 0))
                looks = [HumanColumns.of(inspectors, world, world.take(count), draws) for count in counts]
                return tuple(
                    np.concatenate([getattr(look, name) for look in looks]).tolist()
                    for name in ("view", "z", "service_us")
                )  # type: ignore[return-value]

            assert made(cuts) == made([sum(cuts)])


def horizon_of(arrivals: Arrivals, phones: int) -> int:
    """Return a time until which about so many phones come."""
    horizon = 1
    while arrivals.expected(horizon) < phones:
        horizon *= 2
    return horizon


@pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS)
class TestDueTimes:
    def test_until_a_horizon_is_the_same_phones(self, arrivals):
        factory = Factory(arrivals=arrivals, finishes=FINISHES, lots=SMALL_LOTS)
        horizon = horizon_of(arrivals, 150) + 1
        until = World(factory, DRIFT, Streams(3, 0)).until(horizon)
        taken = World(factory, DRIFT, Streams(3, 0)).take(len(until))
        assert same(columns(until), columns(taken)) == []
        beyond = World(factory, DRIFT, Streams(3, 0)).take(len(until) + 1)
        assert until.due_us[-1] < horizon <= beyond.due_us[-1]

    def test_never_falling_and_on_average_as_asked(self, arrivals):
        due = World(Factory(arrivals=arrivals), (), Streams(3, 0)).take(7_000).due_us
        assert (np.diff(due) >= 0).all()
        assert due.dtype == np.int64
        together = getattr(arrivals, "size", 1)
        at_random = isinstance(arrivals, Poisson) or getattr(arrivals, "at_random", False)
        spread = 4.5 * np.sqrt(7_000 * together) if at_random else together
        assert abs(arrivals.expected(int(due[-1])) - 7_000) <= spread


def far_from_exponential(gaps: np.ndarray) -> float:
    """Kolmogorov's distance from the exponential distribution of mean 1."""
    steps = (np.arange(len(gaps)) + 0.5) / len(gaps)
    return float(np.abs(steps - (1.0 - np.exp(-np.sort(gaps)))).max())


class TestLaws:
    def test_takt_is_exact(self):
        due = World(Factory(arrivals=Takt(every="20s")), (), Streams(3, 0)).take(5).due_us
        assert due.tolist() == [20_000_000, 40_000_000, 60_000_000, 80_000_000, 100_000_000]

    def test_jitter_stays_within_its_share(self):
        due = World(Factory(arrivals=Takt(every="20s", jitter="10%")), (), Streams(3, 0)).take(5000).due_us
        off = due - 20_000_000 * np.arange(1, 5001)
        assert -2_000_000 <= off.min() < -1_990_000
        assert 1_990_000 < off.max() <= 2_000_000

    def test_a_tray_is_due_at_one_instant(self):
        due = World(Factory(arrivals=Trays(every="2s", size=3)), (), Streams(3, 0)).take(7).due_us
        assert (due // 1_000_000).tolist() == [6, 6, 6, 12, 12, 12, 18]

    def test_a_batch_comes_one_by_one_and_the_next_when_it_has_come(self):
        due = World(Factory(arrivals=Batches(every="1min", size=3, spacing="10s")), (), Streams(3, 0)).take(7).due_us
        assert (due // 1_000_000).tolist() == [60, 70, 80, 120, 130, 140, 180]

    def test_batches_at_random_come_whole_with_exponential_gaps(self):
        batches = Batches(every="1min", size=4, at_random=True)
        due = World(Factory(arrivals=batches), (), Streams(3, 0)).take(40_000).due_us.reshape(-1, 4)
        assert (due == due[:, :1]).all()
        assert far_from_exponential(np.diff(due[:, 0], prepend=0) / 60e6) < 1.95 / np.sqrt(10_000)

    def test_an_even_profile_is_exact_to_the_microsecond(self):
        day = Profile(rates=[{"at": "1h", "per_hour": 3}, {"at": "2h", "per_hour": 0}], period="3h", at_random=False)
        due = World(Factory(arrivals=day), (), Streams(3, 0)).take(5).due_us
        minutes = [80, 100, 120, 180 + 80, 180 + 100]  # what ends with a stretch is due at its end, not after the night
        assert due.tolist() == [60_000_000 * each for each in minutes]

    def test_a_profile_s_rate_before_its_first_is_its_last(self):
        late = Profile(rates=[{"at": "12h", "per_hour": 10}, {"at": "18h", "per_hour": 20}], at_random=False)
        assert [late.expected(hours * 3_600_000_000) for hours in (12, 18, 24, 36)] == [240, 300, 420, 660]

    def test_a_random_profile_is_a_poisson_process_of_its_rates(self):
        """In the time that the work takes, its gaps are exponential; and none comes while the rate is 0."""
        day = ARRIVALS["a profile of a short day with a night of none"]
        due = World(Factory(arrivals=day), (), Streams(3, 0)).take(20_000).due_us
        begins = [0, 60e6, 180e6, 300e6, 420e6]
        counts, _ = np.histogram(due % 420_000_000, bins=begins)
        share = np.array([0.0, 2 * 400, 2 * 31, 0.0])  # of the last, whose rate is 0, until the first
        assert counts[[0, 3]].tolist() == [0, 0]
        expected = 20_000 * share / share.sum()
        assert np.abs(counts - expected).max() < 4.5 * np.sqrt(20_000)
        within = np.interp(due % 420_000_000, begins, np.concatenate([[0.0], np.cumsum(share / 60)]))
        work = due // 420_000_000 * share.sum() / 60 + within
        assert far_from_exponential(np.diff(work, prepend=0.0)) < 1.95 / np.sqrt(20_000)

    def test_a_year_of_a_fast_profile_does_not_run_over(self):
        fast = Profile(rates=[{"at": "0h", "per_hour": 1_000_000}], period="28d", at_random=False)
        year = 365 * 24
        assert fast.expected(year * 3_600_000_000) == year * 1_000_000
        unused = np.random.default_rng()
        due, _ = fast.after(28 * 24 * 10**6 * 3_600_000_000, 0, unused, unused, 2)
        assert due.tolist() == [28 * 86_400_000_000 + 3_600, 28 * 86_400_000_000 + 7_200]

    def test_poisson_gaps_are_exponential(self):
        due = World(Factory(arrivals=Poisson(every="20s")), (), Streams(3, 0)).take(20_000).due_us
        assert far_from_exponential(np.diff(due, prepend=0) / 20e6) < 1.95 / np.sqrt(20_000)  # Kolmogorov's 0.1 % value

    def test_a_lot_is_a_run_of_phones(self):
        phones = World(Factory(lots=Lots(size=3)), (), Streams(3, 0)).take(8)
        assert phones.lot.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


class TestOneColumnNeverChangesAnother:
    BASE = Factory(finishes=FINISHES, lots=SMALL_LOTS)

    def made(self, factory: Factory, drift: tuple[Drift, ...] = ()) -> dict[str, np.ndarray]:
        return columns(World(factory, drift, Streams(8, 0)).take(3000))

    def test_another_kind_of_flaw(self):
        """A kind that does not occur yet adds a column to severities and features and moves nothing else."""
        before = self.made(self.BASE)
        for place in (0, 3, len(PHONE_KINDS)):
            kinds = [*PHONE_KINDS[:place], Kind(name="new", share="0%"), *PHONE_KINDS[place:]]
            after = self.made(self.BASE.model_copy(update={"kinds": tuple(kinds)}))
            after["severity"] = np.delete(after["severity"], place, axis=1)
            after["features"] = np.delete(after["features"], place, axis=1)
            assert same(before, after) == []

    def test_the_order_of_kinds(self):
        turned = self.made(self.BASE.model_copy(update={"kinds": PHONE_KINDS[::-1]}))
        before, count = self.made(self.BASE), len(PHONE_KINDS)
        turned["severity"] = turned["severity"][:, ::-1]
        turned["features"] = turned["features"][:, [*range(count)[::-1], *range(count, turned["features"].shape[1])]]
        assert same(before, turned) == []

    @pytest.mark.parametrize(
        ("change", "moved"),
        [
            ({"arrivals": Poisson(every="20s")}, {"due_us"}),
            ({"camera": Camera(contrast=0.5)}, {"features"}),
            ({"camera": Camera(noise=0.3)}, {"features"}),
            ({"defect_rate": 0.05}, {"severity", "ratio", "features"}),
            ({"minor_per_defect": 2.0}, {"severity", "ratio", "features"}),
            ({"lots": Lots(size=13)}, {"lot", "severity", "ratio", "features"}),
            ({"lots": Lots(size=11, cv=0.3)}, {"severity", "ratio", "features"}),
            ({"lots": Lots(size=11, bad_share=0.5)}, {"severity", "ratio", "features"}),
            ({"finishes": (FINISHES[0], Finish(name="matte", share="30%", gain=0.9))}, {"features"}),
            ({"finishes": (Finish(name="gloss", share="60%"), Finish(name="matte", share="40%", gain=0.7, texture=0.1))}, {"finish", "features"}),
        ],
        ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
    )  # fmt: skip
    def test_a_setting_moves_its_own_columns_only(self, change, moved):
        assert set(same(self.made(self.BASE), self.made(self.BASE.model_copy(update=change)))) == moved

    @pytest.mark.parametrize(
        ("what", "to", "moved"),
        [
            ("camera.contrast", 0.5, {"features"}),
            ("camera.brightness", 0.5, {"features"}),
            ("camera.haze", 0.5, {"features"}),
            ("camera.blur", 0.5, {"features"}),
            ("process.defect_rate", 0.2, {"severity", "ratio", "features"}),
            ("process.severity", 2.0, {"severity", "ratio", "features"}),
            ("process.rate.dent", 0.2, {"severity", "ratio", "features"}),
            ("process.severity.dent", 2.0, {"severity", "ratio", "features"}),
            ("process.finish.matte", 0.9, {"finish", "features"}),
            ("standard.tolerance", 0.5, {"ratio"}),
            ("standard.tolerance.dent", 0.5, {"ratio"}),
        ],
    )
    @pytest.mark.parametrize("profile", ["sudden", "gradual"])
    def test_a_drift_moves_its_own_columns_only(self, what, to, moved, profile):
        over = {} if profile == "sudden" else {"over": "1h"}
        drifted = self.made(self.BASE, (event(what=what, profile=profile, at="0s", to=to, **over),))
        own = {name for name in drifted if name.startswith("mix of")}
        assert len(own) == (profile == "gradual")
        assert set(same(self.made(self.BASE), {k: v for k, v in drifted.items() if k not in own})) == moved

    def test_of_a_kind_only_its_own_column(self):
        drifted = self.made(self.BASE, (event(what="process.rate.dent", profile="sudden", at="0s", to=0.2),))
        differs = (self.made(self.BASE)["severity"] != drifted["severity"]).any(axis=0)
        assert [kind.name for kind, differs_ in zip(PHONE_KINDS, differs, strict=True) if differs_] == ["dent"]

    def test_two_gradual_drifts_have_their_own_uniforms(self):
        one, other = (
            self.made(self.BASE, DRIFT)[f"mix of drift.camera.contrast@{at}"] for at in (300_000_000, 600_000_000)
        )
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.0 / np.sqrt(3000)
        alone = self.made(self.BASE, DRIFT[1:2])["mix of drift.camera.contrast@600000000"]
        assert alone.tolist() == other.tolist()

    def test_uniforms_are_not_each_other(self):
        made = self.made(self.BASE)
        names = ("u_arm", "u_mirror", "u_audit", "u_return")
        table = np.corrcoef([made[name] for name in names])
        assert np.abs(table - np.eye(4)).max() < 4.5 / np.sqrt(3000)


class TestBeforeADrift:
    """Whatever drifts, phones that were due before are the phones of a line without drift."""

    QUANTITIES = tuple(
        name for name in quantities_of(Factory(finishes=FINISHES)) if not name.startswith("process.finish")
    )

    def check(self, what: str, profile: str, factory: Factory) -> None:
        quantity = quantities_of(factory)[what]
        to = 0.5 if quantity.start != 0.5 else 0.25
        more = {
            "gradual": {"over": "1h"},
            "incremental": {"over": "1h"},
            "blip": {"over": "1h"},
            "recurring": {"over": "1h", "every": "2h"},
        }
        drift = event(what=what, profile=profile, at="5h", to=to, **more.get(profile, {}))
        before = columns(World(factory, (), Streams(8, 0)).take(899))
        after = columns(World(factory, (drift,), Streams(8, 0)).take(899))
        assert before["due_us"][-1] < drift.at
        assert same(before, {name: column for name, column in after.items() if name in before}) == []

    @pytest.mark.parametrize("profile", ["sudden", "gradual", "incremental", "recurring", "blip"])
    @pytest.mark.parametrize("what", QUANTITIES)
    def test_nothing_differs(self, what: str, profile: str):
        self.check(what, profile, Factory(finishes=FINISHES, defect_rate=0.2))

    @pytest.mark.parametrize("profile", ["sudden", "gradual"])
    @pytest.mark.parametrize("name", ["gloss", "matte"])
    def test_nothing_differs_when_a_finish_drifts(self, name: str, profile: str):
        self.check(f"process.finish.{name}", profile, Factory(finishes=FINISHES))

    @pytest.mark.parametrize("name", ["gloss", "matte"])
    def test_nothing_differs_when_a_finish_of_relative_shares_drifts(self, name: str):
        shares = (Finish(name="gloss", share="40%"), Finish(name="matte", share="20%"))
        self.check(f"process.finish.{name}", "sudden", Factory(finishes=shares))
