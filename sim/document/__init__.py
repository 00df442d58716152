"""A scenario file as data with positions, and errors that say where, what was found, what is allowed."""

from sim.document.positions import Document, checks_failed
from sim.document.problems import Problem, ScenarioError, suggest
from sim.document.reading import read_document
from sim.document.validating import validate

__all__ = ["Document", "Problem", "ScenarioError", "checks_failed", "read_document", "suggest", "validate"]
