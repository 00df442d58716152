"""The versions that there are from the start: obtained once for all replications, and what each of them goes by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from sim.experiment.job import refusing_others
from sim.inspectors.model import Model, ModelVersion
from sim.inspectors.model.others import obtained, renewed
from sim.inspectors.model.spec import answering_for
from sim.scenario import Scenario


def trained(scenario: Scenario, history: int = 0) -> dict[str, ModelVersion]:
    """Train every model version that some strategy can use from one history, in the order of the scenario."""
    return {name: train_one(scenario, name, history) for name, _ in _wanted(scenario)}


def train_one(scenario: Scenario, name: str, history: int = 0) -> ModelVersion:
    """Train one of a scenario's versions."""
    with refusing_others(scenario):
        model = scenario.models[name]
        return obtained(name, model, scenario.factory, scenario.inspectors, scenario.seed, history)


def renewed_or_trained(scenario: Scenario, name: str, version: ModelVersion) -> ModelVersion:
    """Return one of a scenario's versions by one that is there and has the same key, see `training_keys`."""
    with refusing_others(scenario):
        again = renewed(name, scenario.models[name], version)
    return train_one(scenario, name) if again is None else again


def training_keys(scenario: Scenario) -> dict[str, str]:
    """Return for each version that `trained` trains a key of all that its training goes by.

    Where the key is the same, a version trained for another scenario is this one's too, but for what comes after
    training, see `Model.renewed`.

    Examples
    --------
    >>> from sim.scenario import build
    >>> strategies = [{"pattern": "canary"}]
    >>> one, other = build(strategies=strategies), build(strategies=strategies, inspectors={"count": 4}, horizon="1d")
    >>> training_keys(one) == training_keys(other), training_keys(one) == training_keys(build(seed=2))
    (True, False)
    """
    return {name: _key(scenario, name, model) for name, model in _wanted(scenario)}


def _wanted(scenario: Scenario) -> Iterator[tuple[str, Model]]:
    deciders = scenario.deciders
    return ((name, model) for name, model in scenario.models.items() if name in deciders)


def _key(scenario: Scenario, name: str, model: Model) -> str:
    with refusing_others(scenario), answering_for(name, model):
        learns = model.learns_from(scenario.factory, scenario.inspectors, scenario.seed)
    text = json.dumps([name, learns], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
