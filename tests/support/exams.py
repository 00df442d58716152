"""A small exam: one question to choose in, one for a number."""

from __future__ import annotations

from pathlib import Path

SHORT = """\
exam: 1
title: A short one
questions:
  leaks:
    topic: Leakage
    draw: {share: [0.5%, 0.6%]}
    scenario:
      horizon: 8h
      replications: 4
      factory: {defect_rate: 8%}
      models: {v1: {kind: logistic, reject_share: "{share}", training: {phones: 3000}}}
      deployment: {start: 0s}
      strategies: [{pattern: manual}, {pattern: full_automation}]
    given: {leaked: [escape_rate, manual]}
    ask: Inspectors ship {leaked} of the defects. A model rejects {share} of the phones. Who ships more?
    because: It rejects {share} where 8 % are defective.
    more: [escape_rate, manual, full_automation]
  busy:
    topic: Work
    draw: {every: [20s, 24s, 30s]}
    scenario:
      horizon: 8h
      replications: 4
      factory: {arrivals: {kind: takt, every: "{every}"}}
      strategies: [{pattern: manual}]
    ask: A phone comes every {every}, and two inspectors need 21 s for one. How busy are they?
    value: [inspector_utilisation, manual]
"""


def short_exam(folder: Path, text: str = SHORT) -> Path:
    """Write the exam, or another text, into a folder."""
    file = folder / "short.yaml"
    file.write_text(text, encoding="utf-8")
    return file
