"""Data as the text of a YAML file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return data as YAML, in its own order.

    Examples
    --------
    >>> print(yaml_text({"seed": 7, "drift": [{"to": "20%"}]}), end="")
    seed: 7
    drift:
    - to: 20%
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keep the format's own order
    yaml.representer.ignore_aliases = lambda _: True  # two that are alike are written twice
    yaml.allow_unicode = True
    yaml.width = 110
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()
