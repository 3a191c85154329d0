"""How much of a song's energy is a source's, frame by frame: what judges the labels of a teacher of separation."""

from audiolab.systems.activity.system import Activity

__all__ = ["Activity"]
