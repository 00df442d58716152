"""A page that stands alone: the view, its host and what it knows, in one file that asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from sim.apps.state import fixable, hideable
from sim.apps.static.parts import plain
from sim.apps.static.record import Recorded
from sim.apps.view import script
from sim.apps.web.pages import Listed, files, framed, menu_page

HERE = Path(__file__).parent
#: By this a file says that it may be written anew; see `is_ours`.
_MADE_BY = '<meta name="generator" content="driftline export">'
#: The page itself may say no more than this to anybody.
_ALLOWED = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'\">"
)
_SIZE = "SIZE_OF_THE_PAGE"
_READ = 4000  #: characters of a file, which hold its head


def story_page(recorded: Recorded, menu: str = "") -> str:
    """Return the page of a story.

    Parameters
    ----------
    recorded : Recorded
        What it knows.
    menu : str
        The file of the list of stories beside it; none if there is no list.
    """
    story = recorded.grid.story
    data = plain({**recorded.data, "words": _words(recorded)}).replace("<", "\\u003c")
    link = f'<a class="to-menu" href="{escape(menu)}">All stories</a>\n' if menu else ""
    module = "\n".join([script(), (HERE / "host.js").read_text(encoding="utf-8")]).replace("</script", "<\\/script")
    body = (
        f'{link}<div id="sandbox"></div>\n<noscript>The sandbox is drawn by JavaScript, which is switched off here.'
        f'</noscript>\n<footer class="alone">{_about(recorded)}</footer>\n'
        f'<script type="application/json" id="held">{data}</script>\n<script type="module">\n{module}</script>'
    )
    page = framed(f"{story.title} · driftline", "sandbox", body, _head())
    return page.replace(_SIZE, size(len(page.encode())), 1)


def index_page(stories: tuple[Listed, ...], links: Mapping[str, str]) -> str:
    """Return the list of stories, each a link to the file beside it."""
    foot = (
        "Every number is of a real run on simulated phones, made beforehand: each page holds its own. "
        "<code>driftline app</code> runs a story at any position of its knobs."
    )
    return menu_page(stories, links, foot, _head())


def is_ours(file: Path) -> bool:
    """Whether a file was written by `driftline export`, so that a new one may take its place."""
    with file.open(encoding="utf-8", errors="replace") as opened:
        return _MADE_BY in opened.read(_READ)


def size(count: int) -> str:
    """Return a number of bytes as people say it.

    >>> size(6_240_000), size(240_000)
    ('6.2 MB', '0.2 MB')
    """
    return f"{count / 1e6:.1f} MB"


def _head() -> str:
    css = files()["page.css"][1] + (HERE / "page.css").read_text(encoding="utf-8")
    return f"{_ALLOWED}\n{_MADE_BY}\n<style>\n{css}</style>"


def _words(recorded: Recorded) -> dict[str, object]:
    """Return the sentences of a page that holds no more than some positions."""
    story = recorded.grid.story
    note = _note(recorded)
    app = f"driftline app {story.name}"
    return {
        "note": note,
        "back": "Back at the start: KNOBS. The runs of this page have not all knobs moved at once.",
        "apart": f"These settings together are not in this page. {note}",
        "app": f"A scenario of your own has to be run, and this page runs nothing: load it into the sandbox ({app}).",
        "old": "This browser can't unpack the page: it takes Chrome 111, Firefox 113 or Safari 16.4, or a later one.",
        "hideable": hideable(story),
        "fixable": fixable(story),
    }


def _note(recorded: Recorded) -> str:
    story, cross = recorded.grid.story, recorded.grid.cross
    labels = [f"“{story.knobs[name].label}”" for name in cross]
    others = len(story.knobs) - len(cross)
    together = f"{' and '.join(labels)} go together in any way" if len(labels) > 1 else f"{labels[0]} moves"
    if not others:
        return f"{together}."
    alone = "The other knob moves" if others == 1 else "Each other knob moves"
    return f"{together}. {alone} alone: the rest is then back at its start."


def _about(recorded: Recorded) -> str:
    story, seeds = recorded.grid.story, recorded.seeds
    drawn = f"seed {seeds[0]}" if len(seeds) == 1 else f"each with {len(seeds)} seeds"
    runs = "one run" if recorded.replications == 1 else f"{recorded.replications} runs"
    held = (
        f"This page holds all that it shows ({_SIZE}) and asks nobody for anything: real runs at "
        f"{len(recorded.grid.positions)} settings of the knobs, {drawn}, {runs} of every strategy."
    )
    less = f" At {recorded.without_reels} of them the phones are left out." if recorded.without_reels else ""
    name = re.sub(r"\s+", " ", story.name)
    more = f"Any other value, any seed: <code>driftline app {escape(name)}</code>."
    return f"<p>{held}{less} {more}</p>"
