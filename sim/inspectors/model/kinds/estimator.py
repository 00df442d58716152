"""A scikit-learn classifier that an installed package brings by an entry point of the group ``driftline.models``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from sim.document import Refusal, suggest
from sim.factory.cause import Quantity
from sim.inspectors.model.spec import KINDS
from sim.inspectors.model.threads import look_again
from sim.inspectors.model.training import TrainableModel
from sim.plugins import MODELS, PluginError, find, load_plugin, origin, plugins

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
        make = load_plugin(find(MODELS, self.estimator))
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
        """Look its name up in the installed packages' metadata; their code is not imported."""
        yield from super().refusals(quantities, horizon_us)
        installed = plugins(MODELS)
        if self.estimator in installed:
            try:
                find(MODELS, self.estimator)
            except PluginError as error:
                yield ("estimator",), str(error)
            return
        near = suggest(self.estimator, list(installed))
        known = f"did you mean '{near}'? " if near else ""
        known += f"installed: {', '.join(f'{name} ({whose})' for name, whose in installed.items()) or 'none'}"
        yield (
            ("estimator",),
            f"no installed package brings an estimator called '{self.estimator}'; {known}. "
            f"pip install one beside driftline that has an entry point of this name in the group {MODELS}",
        )

    def maker(self) -> str:
        """Return whose estimator it is."""
        return f"estimator '{self.estimator}' of {origin(find(MODELS, self.estimator))}"

    @classmethod
    def listed(cls, name: str) -> Iterator[tuple[str, str]]:
        """Yield every estimator that a package brings."""
        for estimator, whose in plugins(MODELS).items():
            yield f"{name} {estimator}", f"brought by {whose}"
