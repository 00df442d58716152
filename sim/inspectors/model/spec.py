"""What a model version is, what a scenario file says of it, whatever its kind, and what every kind says of itself.

A kind is one file in `kinds`: a specification that answers all that the rest of the house asks. A package brings one
by an entry point of the group ``driftline.model_kinds``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from sim.columns import Codes, Features, Floats
from sim.document import Refusal, under
from sim.document.choice import Choice
from sim.document.data_file import DataFileError
from sim.factory.cause import Quantity
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.serving.server import Serving
from sim.plugins import Family, PluginError, at_work, find, origin
from sim.units import Share


class ModelError(PluginError):
    """A model that can't be used: its training, its package or its file is at fault."""

    model: str = ""  #: the version's name, if it is known where the error comes up


class TrainingError(ModelError):
    """Nobody's code has failed, but its phones can't make the version asked for, e.g. no rejected phone among them."""


class Model(BaseModel):
    """A model version: its threshold, set in one of two ways, and how it is served. Each kind adds its own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainable: ClassVar[bool] = False  #: whether `fit` can train versions of it, on what the line has logged

    kind: str
    reject_share: Share | None = Field(
        "5%",
        validate_default=True,
        description="share of its training phones it would reject: sets the threshold",
    )
    recall: Share | None = Field(
        None,
        validate_default=True,
        description="in place of reject_share: share of the labelled defects that it would reject, out of fold",
    )
    missing: Literal["zero", "refuse"] = Field(
        "zero",
        description="what it does with a picture of which something is missing: scores it with zeros, or refuses it, "
        "and the fallback decides",
    )
    serving: Serving = Serving()

    @model_validator(mode="before")
    @classmethod
    def _recall_in_place_of_the_default(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("recall") is not None and "reject_share" not in given:
            return {**given, "reject_share": None}
        return given

    @field_validator("recall")
    @classmethod
    def _one_of_two(cls, recall: float | None, info: ValidationInfo) -> float | None:
        if "reject_share" in info.data and (recall is None) == (info.data["reject_share"] is None):
            raise ValueError("a threshold is set by reject_share or by recall: give one of the two")
        return recall

    def obtain(self, name: str, factory: Factory, inspectors: Inspectors, seed: int) -> ModelVersion:
        """Return a version ready to be deployed: trained, or with its scores read.

        A kind whose versions depend on the phones that the line happened to log takes one argument more, `history`:
        the number of the log to learn from, 0 by default. One that does not take it is the same whatever was logged,
        and intervals over trained versions say so.

        Parameters
        ----------
        name : str
            The version's name, e.g. "v1".
        factory, inspectors : Factory, Inspectors
            The line that logged its phones, and who labelled them.
        seed : int
            The scenario's seed.

        Raises
        ------
        ModelError
            If it can't be trained, its package fails, or its file can't be read.
        """
        raise NotImplementedError

    def learns_from(self, factory: Factory, inspectors: Inspectors, seed: int) -> dict[str, Any]:
        """Return all that `obtain` goes by, as data: where that is the same, it need not be done again.

        A kind leaves out what its versions do not depend on, and then `renewed` has to return them; a new setting is
        in it until somebody takes it out.
        """
        return {
            "model": self.model_dump(mode="json"),
            "factory": factory.model_dump(mode="json"),
            "inspectors": inspectors.model_dump(mode="json"),
            "seed": seed,
        }

    def renewed(self, version: ModelVersion) -> ModelVersion | None:
        """Return a version that learned from the same as one of this specification would; None: it can't be told.

        Raises
        ------
        ModelError
            If this specification asks for a share of phones that the version cannot keep.
        """
        return version if version.spec == self else None

    def fit(self, name: str, features: Features, labels: Codes, weights: Floats | None = None) -> FittedVersion:
        """Return a version trained on logged phones; only of a trainable kind. See `training.fit`."""
        raise ModelError(f"model {name}: a model of kind {self.kind} can't be trained")

    def refusals(self, quantities: Mapping[str, Quantity], horizon_us: int) -> Iterator[Refusal]:
        """Yield what cannot be of it on a line with these quantities, in a run up to the horizon.

        A kind adds what only it knows: a file that can't be read, a package that is missing.
        """
        yield from under(("serving",), self.serving.refusals(horizon_us))

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it reads."""
        return ()

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with the files that it names made absolute; their paths start at `folder`."""
        return self

    @property
    def by_history(self) -> bool:
        """Whether another history of the line makes another version of it: whether `obtain` takes `history`."""
        return "history" in inspect.signature(self.obtain).parameters

    def obtained(self, name: str, factory: Factory, inspectors: Inspectors, seed: int, history: int) -> ModelVersion:
        """Return the version that a history makes; of a kind that knows none, the same one for all."""
        numbered = {"history": history} if history and self.by_history else {}
        return self.obtain(name, factory, inspectors, seed, **numbered)

    @property
    def remark(self) -> str:
        """What has to stand beside every result of it; "" for a version that meets the line as any would."""
        return ""

    @property
    def learnt_from(self) -> str:
        """Whose labels its scores are chances of."""
        return "its own labels"

    def maker(self) -> str:
        """Return whose code answers for it, "" for driftline's own."""
        if self.kind in KINDS.ours():
            return ""
        try:
            return f"kind '{self.kind}' of {origin(find(KINDS.group, self.kind))}"
        except PluginError:  # a notebook's
            return f"kind '{self.kind}'"

    def weightless(self) -> str | None:
        """Return what of it can not be trained on phones that weigh differently, as audited ones do; None: nothing."""
        return None

    @property
    def home(self) -> str:
        """The module of the code that answers for it."""
        return type(self).__module__

    @classmethod
    def listed(cls, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a list of kinds shows of it: (what a file says, what that is)."""
        yield name, (inspect.getdoc(cls) or "").split("\n\n")[0]


@contextmanager
def answering_for(name: str, spec: Model) -> Iterator[None]:
    """Tell of whatever others' code for a version does wrong as one ModelError, which says whose version that is."""
    try:
        with at_work(f"the {spec.maker()}", spec):
            yield
    except ModelError as error:
        error.model = error.model or name
        raise
    except DataFileError:  # nobody's code: the file of a law, say
        raise
    except PluginError as error:
        told = ModelError(f"model {name}: {error}")
        told.model, told.asked_by = name, error.asked_by
        raise told from error


@dataclass(frozen=True, slots=True)
class Offline:
    """What a version did with labelled phones that it had not been trained on (out of fold), by those labels."""

    recall: float
    overkill: float


@runtime_checkable
class ModelVersion(Protocol):
    """A version, frozen: all that scores phones and knows its own threshold."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> Model: ...
    @property
    def offline(self) -> Offline: ...
    @property
    def threshold(self) -> float:
        """A score above it is a reject."""
        ...

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human."""
        ...

    def score_phones(self, phones: Phones, chance: np.random.Generator) -> Floats:
        """Return the next phones' scores, shape (n,), on a grid of 2**-20; `chance` is this version's own stream."""
        ...


@runtime_checkable
class SeesImages(Protocol):
    """A version whose scores come from images alone: other images, of a lens that was cleaned say, other scores."""

    def score(self, features: Features) -> Floats:
        """Return the scores of images, shape (n,), on a grid of 2**-20."""
        ...


class FittedVersion(ModelVersion, SeesImages, Protocol):
    """A version trained on images that the line has logged."""

    def called(self, name: str) -> FittedVersion:
        """Return the same version under the name by which it was ordered."""
        ...


KINDS: Family[type[Model]] = Family("kind", "sim.inspectors.model.kinds", "driftline.model_kinds", of=Model)
"""Every kind of model by name."""


def _logistic_by_default(given: Any) -> Any:
    return {"kind": "logistic", **given} if isinstance(given, dict) and "kind" not in given else given


ModelSpec = Annotated[Model, Choice(KINDS, "kind"), BeforeValidator(_logistic_by_default)]
"""A version as a scenario file describes it."""
