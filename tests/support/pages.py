"""The blocks of a Markdown page, and how each is run: one page, one folder, one namespace, from top to bottom.

    python tests/support/pages.py docs/guides/bring-your-own-model.md      # in an empty folder

- ``python`` blocks are executed, one after the other, in one namespace.
- ``sh`` and ``console`` blocks hold `driftline` commands, which are run with few replications; those of minutes are only read.
- ``yaml`` blocks are checked as scenarios, parts of scenarios too. One that begins with ``# NAME.yaml`` is written to
  that file, so that the commands below it find it.
- A block after ``<!-- skip: REASON -->`` is not run. Other languages are not run either.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w{}-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.M | re.S)
_SKIP = re.compile(r"<!-- skip: (\S.*?) -->\s*(?:<!--.*?-->\s*)*\Z")
#: What makes a command quick: the last of an option that is given twice counts.
QUICK = {
    "export": ["--seeds", "1", "--replications", "1", "--values", "2"],
    "arena": ["--worlds", "2", "--workers", "1"],
    "run": ["--replications", "1", "--workers", "1"],
    "judges": ["--repetitions", "20"],
    "detectors": ["--replications", "1", "--workers", "1"],
}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int  #: of its first line in the page
    skip: str  #: why it is not run, '' if it is

    @property
    def file(self) -> str:
        """The file that the block says it is."""
        name = re.match(r"# ([\w./-]+\.ya?ml)\b", self.text)
        return name[1] if name else ""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        skip = _SKIP.search(text[: fence.start()])
        indent = len(fence["indent"])
        body = "\n".join(line[indent:] for line in fence["text"].splitlines()) + "\n"
        yield Block(fence["language"], body, text.count("\n", 0, fence.start("text")) + 1, skip[1] if skip else "")


def commands(block: Block) -> Iterator[list[str]]:
    """Yield the commands of a shell block as words; in a console block only lines with a prompt are commands."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if block.language == "console" and not line.startswith("$ "):
            continue
        if words := shlex.split(line.removeprefix("$ "), comments=True):
            yield words


def run_python(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    # Empty lines above put tracebacks at the page's own line numbers.
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
    exec(code, namespace)


def run_shell(block: Block) -> None:
    from click.testing import CliRunner

    from sim.cli.main import cli

    for words in commands(block):
        if Path(words[0]).name != "driftline":
            raise AssertionError(f"only driftline is run here, not {words[0]}: skip the block and say why")
        target = words[words.index(">") + 1] if ">" in words else None
        words = words[1 : words.index(">")] if ">" in words else words[1:]
        if "--on-the-line" in words or (words[0] == "run" and any(Path(word).is_dir() for word in words[1:])):
            cli.commands[words[0]].make_context(words[0], words[1:])  # minutes: only read, as it is written
            continue
        ran = CliRunner().invoke(cli, [*words, *QUICK.get(words[0], [])], catch_exceptions=False)
        if ran.exit_code:
            raise AssertionError(f"driftline {shlex.join(words)}: exit code {ran.exit_code}\n{ran.output}")
        if target is not None:
            Path(target).write_text(ran.stdout, encoding="utf-8")


def run_yaml(block: Block) -> None:
    from ruamel.yaml import YAML

    import sim

    if block.file:
        Path(block.file).write_text(block.text, encoding="utf-8")
    data = YAML(typ="safe").load(block.text)
    if not isinstance(data, dict) or not set(data) <= {*sim.Scenario.model_fields}:
        return  # a part of a part: its page says where it belongs
    whole = Path(block.file or "scenario.yaml")
    whole.write_text(block.text if "driftline" in data else f"driftline: 1\n{block.text}", encoding="utf-8")
    sim.load(whole)


def run(page: Path) -> None:
    """Run a page's blocks in the present folder, which gets what a checkout's root holds for users."""
    for name in ("scenarios", "notebooks"):
        shutil.copytree(ROOT / name, name)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.skip:
            continue
        try:
            if block.language == "python":
                run_python(block, page, namespace)
            elif block.language in ("sh", "console"):
                run_shell(block)
            elif block.language == "yaml":
                run_yaml(block)
        except BaseException:
            print(f"{page}:{block.line}: this block does not do what the page says", file=sys.stderr)
            traceback.print_exc()
            raise SystemExit(1) from None


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve())
