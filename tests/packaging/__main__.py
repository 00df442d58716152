"""Install what users install, where nothing else is, and use it: ``python tests/packaging [--python PYTHON]...``.

Builds the source distribution and the wheel, then for each interpreter: a fresh environment outside the checkout, the
wheel with pip, the command, a shipped scenario by its name, both names to import, the doctests, and a world that is
equal to the kept one. Needs a network (pip), some minutes and about 1 GB for a while.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from built import ROOT, build

#: Runs where only the wheel is: what every machine has to find in the worlds of these scenarios.
WORLDS = f"""
import sys
sys.path += [{str(ROOT / "tests" / "fingerprints")!r}, {str(ROOT / "tests" / "support")!r}]
import sim.shipped
from ingredients import world
from kept import moved, read
for name in ("quickstart", "tool_wear", "lens_dust"):
    kept, now = read(name), world(sim.load(sim.shipped.scenarios()[name]))
    assert not (different := list(moved({{part: kept[part] for part in now}}, now))), (name, different)
"""
NAMES = """
import driftline, sim
from driftline.deployment.strategy import pattern
from pathlib import Path
assert driftline is sim and pattern is sim.pattern
assert "site-packages" in Path(sim.__file__).parts, sim.__file__
"""
#: The sandbox's server answers, with all that its pages load.
PAGES = """
import signal, subprocess, sys
from urllib.request import urlopen
serving = subprocess.Popen([sys.argv[1], "app", "lamp", "--no-browser", "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    address = serving.stdout.readline().strip()
    for name in ("", "stories", "app.js", "view.js", "page.css"):
        assert urlopen(address + name).read(), name
finally:
    serving.send_signal(signal.SIGINT)
    assert serving.wait(30) == 130
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", action="append", help="an interpreter, repeatable; default: this one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, wheel = build(Path(folder))
        print(f"built {source.name} and {wheel.name}", flush=True)
        for python in chosen.python or [sys.executable]:
            with tempfile.TemporaryDirectory() as place:
                try:
                    use(python, wheel, Path(place))
                except subprocess.CalledProcessError as failed:
                    print(failed.stdout, failed.stderr, sep="\n")
                    print(f"FAILED with {python}: {' '.join(map(str, failed.cmd))[:200]}")
                    return 1
    return 0


def use(python: str, wheel: Path, place: Path) -> None:
    """Install the wheel into an environment of its own, and do what a user does first."""
    run(place, python, "-m", "venv", "env")
    programs = place / "env" / ("Scripts" if os.name == "nt" else "bin")
    inside, driftline = programs / "python", programs / "driftline"
    run(place, inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, "pytest")
    print(run(place, inside, "--version").strip(), flush=True)
    listed = run(place, driftline, "list")
    assert listed.startswith("Scenarios"), listed
    run(place, driftline, "new", "mine.yaml", "--from", "quickstart")
    run(place, driftline, "validate", "mine.yaml")
    run(place, driftline, "run", "quickstart", "--replications", "2")
    assert (place / "results" / "quickstart" / "metrics.parquet").is_file()
    run(place, inside, "-m", "driftline", "--version")
    run(place, inside, "-c", NAMES)
    run(place, inside, "-c", WORLDS)
    compiled = json.loads(run(place, driftline, "run", "tool_wear", "--replications", "1", "--format", "json"))
    assert compiled["engine"] == "compiled", "numba has a wheel for it"
    refused = subprocess.run([driftline, "app"], cwd=place, capture_output=True, text=True)
    assert refused.returncode == 1, refused
    assert refused.stderr.endswith("pip install 'driftline[app]'\n"), refused.stderr
    run(
        place,
        inside,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        f"driftline[app] @ {wheel.as_uri()}",
    )
    run(place, inside, "-c", PAGES, driftline)
    run(place, inside, "-m", "pytest", "--quiet", "--pyargs", "sim", "--doctest-modules", "-p", "no:cacheprovider")
    print("  installed, run, imported by both names, worlds as kept, doctests passed", flush=True)


def run(place: Path, *command: str | Path) -> str:
    """Run a command in a folder, without what this process has on its paths; return its stdout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
