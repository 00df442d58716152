"""The page and its host mean the same by a message: what one says the other hears."""

from __future__ import annotations

import re

import pytest

from sim.apps import talk
from sim.apps.view import script

#: What a host may say: beside the four, an answer has the name of what was asked.
HOSTS = (talk.HELLO, talk.ANSWER, talk.PROGRESS, talk.REFUSED, talk.REEL, talk.YAML, talk.DEAL, talk.SUM)


@pytest.mark.parametrize("kind", talk.KINDS)
def test_a_page_says_every_kind_that_a_host_hears_and_no_other(kind: str) -> None:
    said = set(re.findall(r'(?:send|tell|ask)\(\{ kind: "(\w+)"', script()))
    assert kind in said
    assert said <= set(talk.KINDS)


@pytest.mark.parametrize("kind", HOSTS)
def test_a_page_hears_every_kind_that_a_host_says(kind: str) -> None:
    assert re.search(rf'kind === "{kind}"|\[[^\]]*"{kind}"[^\]]*\]\.includes\(told\.kind\)', script())


@pytest.mark.parametrize("kind", [*talk.KINDS, *HOSTS])
def test_every_kind_is_told_where_both_sides_look(kind: str) -> None:
    assert re.search(rf"\b{kind}\b", talk.__doc__ or "")
