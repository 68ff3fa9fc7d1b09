"""The built-in teacher: phrases for every form of every category, offline and free."""

from stvqa.teachers.rules.teacher import RulesTeacher

__all__ = ["RulesTeacher"]
