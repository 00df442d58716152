"""Exams: questions as data, asked about worlds of each student's own, and answered by real runs."""

from sim.apps.exam.loading import Exam, load_exam
from sim.apps.exam.paper import Paper, exam

__all__ = ["Exam", "Paper", "exam", "load_exam"]
