"""The engines by name. All of them mean the same; they differ in speed and in what they need installed."""

from __future__ import annotations

from sim.line.simpy_engine import SimpyEngine

ENGINES = {SimpyEngine.name: SimpyEngine}

DEFAULT = SimpyEngine.name
