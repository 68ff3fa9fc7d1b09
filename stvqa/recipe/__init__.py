"""Recipes: what a run does, as data. A YAML file in `pipelines/`, or a `Recipe` built in Python."""

from stvqa.recipe.hashes import StageHash, stage_hashes
from stvqa.recipe.model import Recipe
from stvqa.recipe.reading import find_recipe, load_recipe
from stvqa.recipe.settings import Setting, parse_setting

__all__ = ["Recipe", "Setting", "StageHash", "find_recipe", "load_recipe", "parse_setting", "stage_hashes"]
