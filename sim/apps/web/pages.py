"""The pages that the server shows, as whole texts: the sandbox around the view, and the list of stories.

They ask for nothing that is not the server's own: no font, no library, no picture from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote, urlencode

from sim.apps.stories.loading import about_of
from sim.apps.stories.spec import StorySpec
from sim.apps.view import script
from sim.document import read_document, validate

HERE = Path(__file__).parent

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#222"/>'
    '<rect x="10" y="5" width="12" height="22" rx="3" fill="#B9CBDC"/><circle cx="16" cy="16" r="3" fill="#B3123B"/>'
    "</svg>"
)
_SANDBOX = """<a class="to-menu" href="stories">All stories</a>
<div id="sandbox"></div>
<noscript>The sandbox is drawn by JavaScript, which is switched off here. In a terminal, <code>driftline run</code> \
tells in words and tables what a rollout does.</noscript>
<div id="connection" role="status"><p hidden><span></span><button type="button" hidden>Try now</button></p></div>
<script type="module" src="app.js"></script>"""
#: Phones that go by in the picture over the list, and which of them is the defective one.
_PHONES, _WRONG, _APART = 9, 4, 64


@dataclass(frozen=True, slots=True)
class Listed:
    """A story on the list: its name in an address, and what its file says of it."""

    name: str
    spec: StorySpec
    about: str  #: as it is at the start


@cache
def files() -> Mapping[str, tuple[str, str]]:
    """Return what pages load, by name: the type, and the text.

    >>> sorted(files())
    ['app.js', 'page.css', 'view.js']
    """
    return {
        "app.js": ("text/javascript", (HERE / "talk.js").read_text(encoding="utf-8")),
        "view.js": ("text/javascript", script()),
        "page.css": ("text/css", (HERE / "page.css").read_text(encoding="utf-8")),
    }


def listed(stories: Mapping[str, Path]) -> tuple[Listed, ...]:
    """Return stories as a list shows them, by their files. No knob is tried: that is for whoever opens one.

    Raises
    ------
    ScenarioError
        If a file says what no story can say.

    Examples
    --------
    >>> from sim import shipped
    >>> [each.name for each in listed(shipped.stories())][:2]
    ['lamp', 'lifecycle']
    """
    read = {name: read_document(file) for name, file in stories.items()}
    return tuple(Listed(name, validate(given, StorySpec), about_of(given, name)) for name, given in read.items())


def sandbox_page() -> str:
    """Return the page around the view; which story it shows is told by its address."""
    return framed("driftline", "sandbox", _SANDBOX)


#: What a page of the server loads for its looks.
_LOOKS = '<link rel="stylesheet" href="page.css">'
_FOOT = (
    "Every number is of a real run on simulated phones. <code>driftline new --story</code> writes a story of your own "
    "to start from, and <code>driftline app FILE</code> opens it."
)


def menu_page(
    stories: tuple[Listed, ...], links: Mapping[str, str] | None = None, foot: str = _FOOT, looks: str = _LOOKS
) -> str:
    """Return the list of stories, each a link to its sandbox.

    Parameters
    ----------
    stories : tuple of Listed
        In this order.
    links : mapping of str to str, optional
        Where each story's sandbox is, by its name. Default: at the server.
    foot, looks : str
        What stands below the list, and what the page's head says of its looks, as HTML.

    Examples
    --------
    >>> from sim import shipped
    >>> page = menu_page(listed(shipped.stories()))
    >>> page.count("<li>") == len(shipped.stories()), "./?story=lamp" in page
    (True, True)
    """
    lead = (
        "A phone factory’s inspection line: people and models decide, the world drifts, and how a new model goes live "
        "decides what slips through. Pick a story, say what you expect, and turn its knobs."
    )
    body = (
        f"<main>\n<h1>What would this rollout do to the factory?</h1>\n<p class='lead'>{lead}</p>\n{_line()}\n<ul>\n"
        + "\n".join(_card(each, (links or {}).get(each.name, _served(each))) for each in stories)
        + f"\n</ul>\n<footer>{foot}</footer>\n</main>"
    )
    return framed("Stories · driftline", "menu", body, looks)


def _served(story: Listed) -> str:
    return f"./?{urlencode({'story': story.name})}"


def _card(story: Listed, place: str) -> str:
    spec = story.spec
    link = escape(place)
    asked = len(spec.questions)
    has = f"{len(spec.knobs)} knobs" + (f" · {asked} prediction{'s' if asked > 1 else ''}" if asked else "")
    aim = f"Afterwards you can {spec.aim[0].lower()}{spec.aim[1:]}"
    return (
        f"<li><h2><a href='{link}'>{escape(spec.title)}</a></h2><p>{escape(story.about)}</p>"
        f"<p class='aim'>{escape(aim)}</p><p class='has'>{has}</p></li>"
    )


def _line() -> str:
    """Return a drawn belt with phones that go by under a lamp; past it one sees which of them is defective."""
    places = range(-_PHONES, 4 * _PHONES)  # as wide as a page can be, and the row that comes in
    phones = "".join(f"<rect x='{_APART * place}' y='12' width='27' height='43' rx='5'/>" for place in places)
    rings = "".join(
        f"<circle cx='{_APART * place + 13.5}' cy='33.5' r='25'/>" for place in places if place % _PHONES == _WRONG
    )
    return (
        "<svg class='line' aria-hidden='true'><clipPath id='seen'><rect x='38%' width='62%' height='72'/></clipPath>"
        "<svg x='38%' overflow='visible'><path class='cone' d='M-9 4H9L30 63H-30Z'/>"
        "<path class='lamp' d='M-12 0H12V5H-12Z'/></svg>"
        f"<g class='belt'>{phones}</g><g clip-path='url(#seen)'><g class='belt rings'>{rings}</g></g>"
        "<rect class='under' y='62' width='100%' height='4'/></svg>"
    )


def framed(title: str, kind: str, body: str, looks: str = _LOOKS) -> str:
    """Return a whole page: what every page of ours has around its body."""
    frame = Template((HERE / "page.html").read_text(encoding="utf-8"))
    icon = quote(_ICON, safe="/:=' ")
    return frame.substitute(title=escape(title), kind=kind, icon=icon, looks=looks, body=body)
