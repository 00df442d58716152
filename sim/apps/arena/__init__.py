"""Arenas: the same worlds for every strategy, a score, and a leaderboard; each is a file that a teacher can write."""

from sim.apps.arena.contest import arena
from sim.apps.arena.loading import Arena, load_arena
from sim.apps.arena.standings import Standings

__all__ = ["Arena", "Standings", "arena", "load_arena"]
