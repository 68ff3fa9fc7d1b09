"""Training: GRPO with the spatial reward, supervised baselines, and the check before either (extra `train`)."""

from stvqa.train.check import CheckReport, check
from stvqa.train.merging import merge_adapter
from stvqa.train.preparing import Prepared, prepare
from stvqa.train.publishing import model_files
from stvqa.train.ranks import is_main
from stvqa.train.recipe import TrainRecipe, build_train_recipe, load_train_recipe, parse_train_setting
from stvqa.train.session import Outcome, train
from stvqa.train.state import TrainFile, read_train_file
from stvqa.train.tiny import make_tiny

__all__ = [
    "CheckReport",
    "Outcome",
    "Prepared",
    "TrainFile",
    "TrainRecipe",
    "build_train_recipe",
    "check",
    "is_main",
    "load_train_recipe",
    "make_tiny",
    "merge_adapter",
    "model_files",
    "parse_train_setting",
    "prepare",
    "read_train_file",
    "train",
]
