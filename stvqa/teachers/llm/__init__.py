"""A model as a teacher: what it is told, how its replies are read, and what becomes of what it wrote."""

from stvqa.teachers.llm.judge import judge
from stvqa.teachers.llm.open_items import OPEN_CATEGORIES, OpenItem, open_item
from stvqa.teachers.llm.prompt import Prompt, Sheet, prompt_texts, tells_whole_scene, write_prompt
from stvqa.teachers.llm.reply import ReplyRead, WrittenQuestion, WrittenQuestions, read_questions

__all__ = [
    "OPEN_CATEGORIES",
    "OpenItem",
    "Prompt",
    "ReplyRead",
    "Sheet",
    "WrittenQuestion",
    "WrittenQuestions",
    "judge",
    "open_item",
    "prompt_texts",
    "read_questions",
    "tells_whole_scene",
    "write_prompt",
]
