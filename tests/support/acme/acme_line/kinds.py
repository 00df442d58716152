from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from sim.inspectors.model import Model, Ranked
from sim.inspectors.model.thresholds import on_grid
from sim.inspectors.model.training import Training, history


class BrightestChannel(Model):
    """No learning: the brightest channel is the score, and only the threshold is set on logged phones.

    >>> BrightestChannel(kind="acme_channel", most=3).trainable
    False
    """

    kind: Literal["acme_channel"]
    most: float = 4.0

    def obtain(self, name, factory, inspectors, seed):
        features, labels = history(Training(phones=2000), factory, inspectors, seed)
        bare = Version(name, self, len(factory.kinds), None)
        return replace(bare, ranked=Ranked.of(bare.score(features), labels))


@dataclass(frozen=True)
class Version:
    name: str
    spec: Any
    kinds: int
    ranked: Any

    @property
    def threshold(self):
        return self.ranked.threshold(self.spec)

    @property
    def offline(self):
        return self.ranked.offline(self.spec)

    def cut_offs(self, review):
        return self.ranked.cut_offs(self.spec, review)

    def score(self, features):
        if len(features) == 0:
            return np.empty(0)
        return on_grid(np.clip(features[:, : self.kinds].max(axis=1).astype(np.float64) / self.spec.most, 0.0, 1.0))

    def score_phones(self, phones, chance):
        return self.score(phones.features)
