"""Teachers put prospects into words: `rules` (built in, offline); models come behind the same contract."""

from stvqa.teachers.contract import Teacher, Worded

__all__ = ["Teacher", "Worded"]
