"""The fingerprints that are kept, one file a scenario, and where they were made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = HERE / "kept"
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
#: Libraries of which another version may change a trained version's last digit.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "river")


def read(name: str) -> dict[str, Any]:
    """Return what is kept of a scenario, {} if nothing is."""
    file = KEPT / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def write(name: str, fingerprint: Mapping[str, Any]) -> None:
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(fingerprint, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def moved(kept: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the names of the ingredients that differ.

    Examples
    --------
    >>> list(moved({"world": {"due_us": "a", "lot": "b"}}, {"world": {"due_us": "a", "lot": "c", "new": "d"}}))
    ['world / lot', 'world / new (new)']
    """
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys([*kept, *now]):
            if name not in kept:
                yield f"{' / '.join((*path, name))} (new)"
            elif name not in now:
                yield f"{' / '.join((*path, name))} (gone)"
            else:
                yield from moved(kept[name], now[name], (*path, name))
    elif isinstance(kept, float) and isinstance(now, float):
        if abs(kept - now) > 1e-6 * max(abs(kept), abs(now)):
            yield " / ".join(path)
    elif kept != now:
        yield " / ".join(path)


def made_here() -> dict[str, str]:
    """Return what the last digits of trained versions hang on: libraries, and the kind of processor."""
    from threadpoolctl import threadpool_info

    vectors = np.show_config(mode="dicts")["SIMD Extensions"]
    blas = {str(library.get("architecture")) for library in threadpool_info() if library.get("user_api") == "blas"}
    versions = {name: version(name) for name in LIBRARIES}
    processor = ", ".join([*vectors.get("baseline", []), *vectors.get("found", [])])
    return versions | {"vectors": processor, "blas": ", ".join(sorted(blas))}


def elsewhere() -> str:
    """Return why what hangs on trained versions can't be compared here, "" if it can."""
    there, here = read("made")["made"], made_here()
    differ = [f"{name} {here[name]}, kept with {there[name]}" for name in there if here[name] != there[name]]
    return f"trained versions differ in their last digits: {'; '.join(differ)}" if differ else ""
