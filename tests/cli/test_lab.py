"""`driftline lab`: notebooks that one may change, and a JupyterLab that asks nobody for anything."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sim import shipped
from sim.apps import lab
from sim.cli.main import main


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebooks as an installed package holds them, and an empty folder that we are in."""
    inside = tmp_path / "site" / "sim" / "shipped"
    (inside / "notebooks" / "pictures").mkdir(parents=True)
    (inside / "__init__.py").write_text("")
    (inside / "notebooks" / "00_first.ipynb").write_text("{}")
    (inside / "notebooks" / "pictures" / "line.png").write_bytes(b"\x89PNG")
    monkeypatch.setattr(shipped, "__file__", str(inside / "__init__.py"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return inside / "notebooks"


def started(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    given: list[str] = []
    monkeypatch.setattr(lab, "serve", given.extend)
    with pytest.raises(SystemExit) as ended:
        main(["lab", *arguments])
    assert ended.value.code == 0
    return given


def test_in_a_source_folder_the_notebooks_are_opened_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    given = started(monkeypatch, "--port", "9001", "--no-browser")
    assert f"--ServerApp.root_dir={shipped.folder('notebooks').resolve()}" in given
    assert {"--ServerApp.port=9001", "--no-browser", "--LabApp.news_url=None"} <= {*given}


def test_out_of_a_package_they_are_copied_and_what_one_changed_stays(packaged: Path) -> None:
    here = Path.cwd()
    place = lab.opened(packaged, here)
    assert place == lab.Opened(here / "driftline-notebooks", ())
    assert (place.folder / "pictures" / "line.png").read_bytes() == b"\x89PNG"
    (place.folder / "00_first.ipynb").write_text('{"mine": 1}')
    assert lab.opened(packaged, here).kept == ("00_first.ipynb",)
    assert (place.folder / "00_first.ipynb").read_text() == '{"mine": 1}'


def test_the_page_asks_for_no_news_and_no_extensions() -> None:
    told = json.loads((Path(lab.__file__).parent / "lab_settings/labconfig/default_setting_overrides.json").read_text())
    assert told["@jupyterlab/apputils-extension:notification"] == {"checkForUpdates": False, "fetchNews": "false"}


def test_without_the_extra_one_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jupyterlab.labapp", None)
    with pytest.raises(SystemExit) as ended:
        main(["lab"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "driftline: driftline lab needs the library jupyterlab: pip install 'driftline[lab]'\n"
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_where_nothing_can_be_written_one_message_says_so(packaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path.cwd().chmod(0o500)
    with pytest.raises(SystemExit) as ended:
        main(["lab"])
    Path.cwd().chmod(0o700)
    assert ended.value.code == 2
    assert "can't write driftline-notebooks" in capsys.readouterr().err
