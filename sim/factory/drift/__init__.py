"""Drift: events that move a camera, process or standard quantity of the world.

An event says what moves, when and to which value; its *profile* is the shape of the way from the old value to the new.
Words: Gama et al. 2014.
"""

from sim.factory.cause import Values
from sim.factory.drift.cleaning import cleaned
from sim.factory.drift.course import Course
from sim.factory.drift.event import PROFILES, Drift, DriftEvent, SpannedDrift, refusals

__all__ = ["PROFILES", "Course", "Drift", "DriftEvent", "SpannedDrift", "Values", "cleaned", "refusals"]
