"""A scikit-learn classifier that an installed package brings by an entry point of the group ``driftline.models``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from sim.document import Refusal, suggest, unknown_name
from sim.factory.cause import Quantity
from sim.inspectors.model.spec import KINDS
from sim.inspectors.model.threads import look_again
from sim.inspectors.model.training import TrainableModel, weightless
from sim.plugins import MODELS, PluginError, at_work, find, load_plugin, origin, plugins

#: What a classifier is asked for; scikit-learn's BaseEstimator and ClassifierMixin bring most of it.
_METHODS = ("fit", "predict", "predict_proba", "get_params", "set_params")


@KINDS.register("estimator", 3)
class Estimator(TrainableModel):
    """A scikit-learn classifier that an installed package brings; trained, calibrated and frozen like the others.

    Examples
    --------
    >>> spec = Estimator(kind="estimator", estimator="nobody's")
    >>> [(*place, what[:60]) for place, what in spec.refusals({}, horizon_us=1)]
    [('estimator', "no installed package brings an estimator called 'nobody's'; ")]
    """

    kind: Literal["estimator"]
    estimator: str = Field(min_length=1, description="its name: an entry point of the group driftline.models")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="its keyword arguments; what it leaves random (random_state) is fixed to 0",
    )

    def classifier(self) -> Any:
        """Import and make it; here, and not before, the package's code runs."""
        make = self._importable()
        look_again()
        made = make(**self.settings)
        if lacking := [method for method in _METHODS if not callable(getattr(made, method, None))]:
            raise TypeError(f"{type(made).__name__} is no scikit-learn classifier: it has no {', '.join(lacking)}")
        left_random = [
            name for name, value in made.get_params().items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        ]  # fmt: skip
        return made.set_params(**dict.fromkeys(left_random, 0))

    def refusals(self, quantities: Mapping[str, Quantity], horizon_us: int) -> Iterator[Refusal]:
        """Look its name up, import and make it, and ask it what it has against its settings."""
        yield from super().refusals(quantities, horizon_us)
        installed = plugins(MODELS)
        if self.estimator in installed:
            yield from self._refusals_of_it()
            return
        near = suggest(self.estimator, list(installed))
        known = f"did you mean '{near}'? " if near else ""
        known += f"installed: {', '.join(f'{name} ({whose})' for name, whose in installed.items()) or 'none'}"
        yield (
            ("estimator",),
            f"no installed package brings an estimator called '{self.estimator}'; {known}. "
            f"pip install one beside driftline that has an entry point of this name in the group {MODELS}",
        )

    def weightless(self) -> str | None:
        """Return which of its classes takes no weights, None if it takes them."""
        return weightless(self.classifier())

    def _importable(self) -> Any:
        return load_plugin(find(MODELS, self.estimator))

    def _refusals_of_it(self) -> Iterator[Refusal]:
        try:
            make = self._importable()
        except PluginError as error:
            yield ("estimator",), str(error)
            return
        if unknown := list(_unknown(make, self.settings)):
            yield from unknown
            return
        try:
            with at_work(f"the {self.maker()}", self):
                made = self.classifier()
        except PluginError as error:
            yield (("settings",) if self.settings else ("estimator",)), str(error)
            return
        for wrong in _wrong_parameters(made):
            named = _PARAMETER.match(wrong)
            inside = named is not None and named[1] in self.settings
            yield (("settings", named[1]) if named is not None and inside else ("settings",)), wrong

    def maker(self) -> str:
        """Return whose estimator it is."""
        try:
            return f"estimator '{self.estimator}' of {origin(find(MODELS, self.estimator))}"
        except PluginError:
            return f"estimator '{self.estimator}'"

    @property
    def home(self) -> str:
        """Return the estimator's module, "" if nobody brings it."""
        try:
            return find(MODELS, self.estimator).module
        except PluginError:
            return ""

    @classmethod
    def listed(cls, name: str) -> Iterator[tuple[str, str]]:
        """Yield every estimator that a package brings."""
        for estimator, whose in plugins(MODELS).items():
            yield f"{name} {estimator}", f"brought by {whose}"


#: How scikit-learn begins to say what is wrong with a parameter.
_PARAMETER = re.compile(r"The '(\w+)' parameter of ")


def _unknown(make: Any, settings: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield the settings that an estimator does not have, as far as its signature tells."""
    try:
        takes = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return
    if any(each.kind is each.VAR_KEYWORD for each in takes.values()):
        return
    known = [name for name, each in takes.items() if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    for name in settings:
        if name not in known:
            yield ("settings", name), unknown_name("setting", name, known) if known else "it has no settings"


def _wrong_parameters(made: Any) -> Iterator[str]:
    """Yield what scikit-learn's own check has against the parameters of an estimator and of those in it."""
    for each in (made, *made.get_params().values()):
        if hasattr(each, "_validate_params") and hasattr(each, "_parameter_constraints"):
            try:
                each._validate_params()
            except Exception as error:  # another package's code can fail in any way
                yield " ".join(str(error).split())
