"""Recipes: what a run does, as data. A YAML file in `pipelines/`, or a `Recipe` built in Python."""

from stvqa.recipe.hashes import StageHash, stage_hashes
from stvqa.recipe.model import Recipe
from stvqa.recipe.reading import (
    RecipeKind,
    describe_invalid,
    find_recipe,
    load_recipe,
    read_recipe_file,
    recipe_of_run,
)
from stvqa.recipe.settings import Setting, parse_setting

__all__ = [
    "Recipe",
    "RecipeKind",
    "Setting",
    "StageHash",
    "describe_invalid",
    "find_recipe",
    "load_recipe",
    "parse_setting",
    "read_recipe_file",
    "recipe_of_run",
    "stage_hashes",
]
