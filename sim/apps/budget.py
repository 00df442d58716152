"""How large a run may be that somebody waits for: what a sandbox refuses, it names a command for."""

from __future__ import annotations

from sim.document import ScenarioError, checks_failed
from sim.inspectors.model.training import TrainableModel
from sim.scenario import Scenario
from sim.scenario.warnings import PHONES_A_SECOND

#: Phones times strategies of one replication: about five seconds, and some hundred megabytes.
MOST_AT_ONCE = 5 * PHONES_A_SECOND
#: The same of all replications together: about a minute.
MOST_IN_ALL = 60 * PHONES_A_SECOND
#: Phones that a page can show one by one: some seven megabytes on their way to it.
MOST_IN_A_REEL = 250_000
#: Phones that all models together are trained on before the run: about eight seconds.
MOST_TAUGHT = 500_000


def check_budget(scenario: Scenario, replications: int = 1) -> None:
    """Refuse a run that is too large to be waited for.

    Raises
    ------
    ScenarioError
        With what it comes to, and the remedy.

    Examples
    --------
    >>> from sim.scenario import build
    >>> check_budget(build(horizon="1d"))
    >>> check_budget(build(horizon="365d"))
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: horizon: 1,576,800 phones under 6 strategies are too many for a sandbox: \
shorten the horizon, or give the scenario to `driftline run`
    """
    if (refused := over_budget(scenario, replications)) is not None:
        raise refused


def over_budget(scenario: Scenario, replications: int = 1) -> ScenarioError | None:
    """Return why a run is too large to be waited for, None if it is not."""
    if scenario.factory.arrivals.is_rig:
        return _no_line(scenario)
    phones, strategies = scenario.factory.arrivals.expected(scenario.horizon), len(scenario.strategies)
    size = f"{phones:,} phones under {strategies} strategies"
    remedy = "or give the scenario to `driftline run`"
    if scenario.train_replications > 1:
        what = f"a sandbox has one history of the line for its models: take 1, {remedy}"
        return checks_failed(None, [(("train_replications",), what)])
    if phones * strategies > MOST_AT_ONCE:
        what = f"{size} are too many for a sandbox: shorten the horizon, {remedy}"
        return checks_failed(None, [(("horizon",), what)])
    taught = {
        name: model.training.phones
        for name, model in scenario.models.items()
        if isinstance(model, TrainableModel) and name in scenario.deciders
    }
    if sum(taught.values()) > MOST_TAUGHT:
        most = max(taught, key=lambda name: taught[name])
        what = f"models that are trained on {sum(taught.values()):,} phones in all are too many for a sandbox: at most"
        place = ("models", most, "training", "phones")
        return checks_failed(None, [(place, f"{what} {MOST_TAUGHT:,} are, {remedy}")])
    if phones * strategies * replications > MOST_IN_ALL:
        what = f"{size} in {replications:,} replications are too many for a sandbox: take fewer, {remedy}"
        return checks_failed(None, [(("replications",), what)])
    return None


def check_reel(scenario: Scenario) -> None:
    """Refuse to show a run phone by phone that has too many of them, or no line.

    Raises
    ------
    ScenarioError
        With how many there are, and the remedy.

    Examples
    --------
    >>> from sim.scenario import build
    >>> check_reel(build(horizon="365d"))
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: horizon: 1,576,800 phones are too many to be shown one by one: at most \
250,000 are
    """
    if scenario.factory.arrivals.is_rig:
        raise _no_line(scenario)
    phones = scenario.factory.arrivals.expected(scenario.horizon)
    if phones > MOST_IN_A_REEL:
        what = f"{phones:,} phones are too many to be shown one by one: at most {MOST_IN_A_REEL:,} are"
        raise checks_failed(None, [(("horizon",), what)])


def _no_line(scenario: Scenario) -> ScenarioError:
    kind = scenario.factory.arrivals.kind
    what = f"a test rig (kind '{kind}') is no line to be watched: give the scenario to `driftline run`"
    return checks_failed(None, [(("factory", "arrivals"), what)])
