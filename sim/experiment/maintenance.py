"""Maintenance: where a strategy's orders are fulfilled. Pictures are kept here, and new versions trained from them.

A strategy never comes in: it orders, and later hears what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sim.columns import Features
from sim.deployment.events import Reason
from sim.deployment.monitoring.retraining import (
    CleaningOrder,
    Delivery,
    Labelled,
    Order,
    Retraining,
    TrainingOrder,
    labelled,
)
from sim.deployment.telemetry.store import Telemetry
from sim.experiment.world_block import WorldBlock
from sim.inspectors.image_log import BRIGHTNESS, FEATURES, ImageLog, OwnImages
from sim.inspectors.model import FittedVersion, ModelVersion, SeesImages, TrainingError
from sim.inspectors.model.nulls import score_images, some_missing
from sim.inspectors.model.others import fitted
from sim.line.engine import Engine
from sim.line.stations import Columns

#: Versions by the hash of what they were trained on: strategies that see the same labels train the same version.
_TRAINED: dict[bytes, FittedVersion] = {}
#: More are not kept.
_MOST_KEPT = 64


class Maintenance:
    """One strategy's: its own versions, its own pictures once it has cleaned the lens, and its engine's scores.

    Parameters
    ----------
    versions : mapping of str to ModelVersion
        Those that there are from the start.
    retraining : Retraining or None
        Whether, and how many, versions can be added.
    base : str
        After which version new ones are named, "" for none.
    shared : ImageLog
        The replication's images.
    """

    def __init__(
        self, versions: Mapping[str, ModelVersion], retraining: Retraining | None, base: str, shared: ImageLog
    ) -> None:
        self._versions = dict(versions)
        self._base = base
        self._shared = shared
        self.slots = [f"{base}.{number + 1}" for number in range(retraining.most)] if retraining and base else []
        self.images = OwnImages(shared)
        self._trained: dict[str, FittedVersion] = {}
        self._cleanings: list[int] = []
        self._block: WorldBlock
        self._line: Engine

    @property
    def cleanings_us(self) -> tuple[int, ...]:
        """When the lens had been cleaned, in order."""
        return tuple(self._cleanings)

    def columns(self, block: WorldBlock) -> Columns:
        """Return a block's columns as this strategy's line needs them, and keep what is its own."""
        self._block = block
        if not self.slots and not self._cleanings:
            return block.columns
        features = block.phones.features
        score = dict(block.columns.score)
        if self._cleanings:
            features = block.world.cleaned(block.phones, self._cleanings)
            self.images.add(FEATURES, features)
            self.images.add(BRIGHTNESS, block.world.brightness(features))
            for name, version in self._seeing().items():
                score[name] = score_images(version, features)
                self.images.add(name, score[name])
        for name, version in self._trained.items():
            score[name] = score_images(version, features)
            self.images.add(name, score[name])
        nothing = np.zeros(len(block.phones))
        score.update({name: nothing for name in self.slots if name not in self._trained})
        service_us = dict(block.columns.service_us)
        service_us.update(dict.fromkeys(self.slots, service_us[self._base]))
        up_us, down_us = (
            {**way, **(dict.fromkeys(self.slots, way[self._base]) if self._base in way else {})}
            for way in (block.columns.up_us, block.columns.down_us)
        )
        return replace(block.columns, score=score, service_us=service_us, up_us=up_us, down_us=down_us)

    def equip(self, line: Engine) -> None:
        """Say which line it is whose scores have to be renewed."""
        self._line = line

    def fulfil(self, order: Order, telemetry: Telemetry, now_us: int) -> Delivery | None:
        """Do what was ordered, on what is known now."""
        if isinstance(order, CleaningOrder):
            self._clean(order.done_us)
            return None
        return self._train(order, telemetry, now_us)

    def _train(self, order: TrainingOrder, telemetry: Telemetry, now_us: int) -> Delivery:
        lesson = self._kept(labelled(telemetry, order.spec), order.spec)
        features = self.images.features(lesson.phone)
        if some_missing(features):  # a picture of which something is missing teaches nothing
            whole = np.flatnonzero(~np.isnan(features).any(axis=1))
            lesson, features = lesson.rows(whole), features[whole]
        count, defects = len(lesson), int(lesson.label.sum())
        least = order.spec.at_least_defects
        if count < order.spec.at_least or min(defects, count - defects) < least:
            too_few = Reason(
                "too_few_labels",
                "not trained: {samples:,} labels, {defects:,} of them defects;"
                " {bound} are wanted, {least} of either kind",
                samples=count,
                bound=order.spec.at_least,
                more={"defects": defects, "least": least},
            )
            return Delivery(order, None, count, defects, too_few)
        try:
            version = self._fitted(order, features, lesson)
        except TrainingError as error:  # what others' code does wrong goes on, and ends the run
            failed = Reason("training_failed", "not trained: {error}", more={"error": str(error)})
            return Delivery(order, None, count, defects, failed)
        self._trained[order.name] = version
        # Whoever is not on the line yet may meet it, however long the line has stood still.
        phones = self._block.phones
        end = phones.first + len(phones)
        waiting = self._line.unreleased()
        first = end if waiting is None else waiting
        score = score_images(version, self.images.features(np.arange(first, end)))
        self.images.begin(order.name, first, score)
        self._line.rescore(order.name, first, score)
        return Delivery(order, version, count, defects)

    def _kept(self, lesson: Labelled, spec: Retraining) -> Labelled:
        """Return those whose picture is still there."""
        recent = lesson.rows(lesson.phone >= self._shared.first_kept)
        if spec.logging >= 1.0:
            return recent
        return recent.rows(recent.audited | (self._shared.logging_draw(recent.phone) < spec.logging))

    def _fitted(self, order: TrainingOrder, features: Features, lesson: Labelled) -> FittedVersion:
        spec = self._versions[order.base].spec
        digest = hashlib.blake2b(spec.model_dump_json().encode(), digest_size=16)
        for column in (features, lesson.label, lesson.weight):
            digest.update(np.ascontiguousarray(column).tobytes())
        key = digest.digest()
        known = _TRAINED.get(key)  # once: another thread may clear them
        if known is None:
            if len(_TRAINED) >= _MOST_KEPT:
                _TRAINED.clear()
            labels = lesson.label.astype(np.int8)
            known = _TRAINED[key] = fitted(order.name, spec, features, labels, lesson.weight)
        return known.called(order.name)

    def _clean(self, done_us: int) -> None:
        """From `done_us` on every picture is another one, and so is what every version says of it."""
        if self._cleanings and done_us <= self._cleanings[-1]:
            return  # somebody is at it already
        self._cleanings.append(done_us)
        phones = self._block.phones
        row = int(np.searchsorted(phones.due_us, done_us, side="left"))
        first, features = phones.first + row, self._block.world.cleaned(phones, self._cleanings)[row:]
        self.images.begin(FEATURES, first, features)
        self.images.begin(BRIGHTNESS, first, self._block.world.brightness(features))
        for name, version in {**self._seeing(), **self._trained}.items():
            score = score_images(version, features)
            self.images.begin(name, first, score)
            self._line.rescore(name, first, score)

    def _seeing(self) -> dict[str, SeesImages]:
        """Return the versions that look at images; scores from a file are the same, dust or no dust."""
        return {name: version for name, version in self._versions.items() if isinstance(version, SeesImages)}
