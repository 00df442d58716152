"""Stories: a scenario, the knobs that move it, things to try and questions; each is a file that a teacher can write."""

from sim.apps.stories.loading import load_story
from sim.apps.stories.spec import StorySpec
from sim.apps.stories.story import Knob, Story

__all__ = ["Knob", "Story", "StorySpec", "load_story"]
