"""A kernel of three small files: it compiles in a second, and its machine code is kept as the loop's is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import sim

ROOT = Path(sim.__file__).parents[1]
KERNEL = "from sim.line.engines.compiled.kernel import inlined, kernel\nimport near\nshare = inlined(near.share)\n"
KERNEL += "@kernel('a toy', takes='a second')\ndef toy(x):\n    return share(x) + near.SHIFT\n"
NEAR = "from far import half\nSHIFT = 100.0\ndef share(x):\n    return half(x)\n"
FAR = "from sim.line.engines.compiled.kernel import inlined\n@inlined\ndef half(x):\n    return x / 2.0\n"
ASK = "import toy; print(toy.toy(3.0), *toy.toy.stats.cache_hits.values(), toy.toy.stats.cache_path)"


def written_to(folder: Path) -> Path:
    """Write the kernel's files."""
    for name, text in {"toy": KERNEL, "near": NEAR, "far": FAR}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def python(code: str, *packages: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, packages or [ROOT]))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=packages[-1] if packages else ROOT,
        timeout=240,
    )
