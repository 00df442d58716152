"""Where the files are that come with the program: its scenarios and its notebooks.

In a source folder, and an editable installation of one, they are the top-level folders `scenarios` and `notebooks`;
a wheel carries them inside this package.
"""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """Return the shipped folder of a name, whether it is there or not.

    Examples
    --------
    >>> (folder("scenarios") / "quickstart.yaml").is_file()
    True
    """
    from importlib.resources import files

    inside = Path(str(files(__name__))) / name
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / name


def scenarios() -> dict[str, Path]:
    """Return the shipped scenarios' files by name.

    Examples
    --------
    >>> scenarios()["quickstart"].name
    'quickstart.yaml'
    """
    return {file.stem: file for file in sorted(folder("scenarios").glob("*.yaml"))}


def notebooks() -> dict[str, Path]:
    """Return the shipped notebooks' files by name.

    Examples
    --------
    >>> notebooks()["00_quickstart"].suffix
    '.ipynb'
    """
    return {file.stem: file for file in sorted(folder("notebooks").glob("*.ipynb"))}
