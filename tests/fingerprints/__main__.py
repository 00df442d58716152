"""Say which ingredients of which scenarios have moved: ``python tests/fingerprints [NAME...] [--keep]``.

With --keep the fingerprints of today are kept. Then say in the CHANGELOG, under Changed, what moved and why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from ingredients import runs, world
from kept import KEPT, SCENARIOS, elsewhere, made_here, moved, read, write

from sim.scenario import load


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; default: all")
    parser.add_argument("--keep", action="store_true", help="keep the fingerprints of today")
    chosen = parser.parse_args()
    differ = 0
    why = elsewhere() if (KEPT / "made.json").exists() else ""
    if why:
        print(why)
    if why and chosen.keep and chosen.names:
        print(
            "Kept here, it could not be compared with the others: keep it where these were made, or keep all of them."
        )
        return 2
    for file in SCENARIOS:
        if chosen.names and file.stem not in chosen.names:
            continue
        scenario = load(file)
        now = world(scenario) | runs(scenario)
        ingredients = list(moved(read(file.stem), now))
        differ += bool(ingredients)
        print(f"{file.stem}: {', '.join(ingredients) if ingredients else 'as kept'}", flush=True)
        if chosen.keep:
            write(file.stem, now)
    if chosen.keep:
        write("made", {"made": made_here()})
    return 1 if differ and not chosen.keep else 0


if __name__ == "__main__":
    sys.exit(main())
