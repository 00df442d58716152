"""A scenario file as data with positions, and errors that say where, what was found, what is allowed."""

from sim.document.positions import Document, Loc, Refusal, checks_failed, under
from sim.document.problems import Problem, ScenarioError, UnknownName, suggest, unknown_name
from sim.document.reading import read_document
from sim.document.validating import validate

__all__ = [
    "Document",
    "Loc",
    "Problem",
    "Refusal",
    "ScenarioError",
    "UnknownName",
    "checks_failed",
    "read_document",
    "suggest",
    "under",
    "unknown_name",
    "validate",
]
