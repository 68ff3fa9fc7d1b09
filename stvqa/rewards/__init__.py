"""What a completion is worth, and why. Nothing here imports torch.

    truth = truth_of_row(row)
    find_reward("dense").score(completion, truth).total     # 0.886; None where the truth cannot be used

`dense` is the default; `paper` and `paper-release` are the published ones, `sparse` the baseline without a scene.
"""

from stvqa.rewards.dense import DenseReward
from stvqa.rewards.registry import REWARD_NAMES, find_reward
from stvqa.rewards.score import PARTS, Details, Reward, Score
from stvqa.rewards.similarity import Similarity, find_similarity
from stvqa.rewards.terms import DenseSettings
from stvqa.rewards.truth import Truth, read_truth, render_truth, truth_of_row

__all__ = [
    "PARTS",
    "REWARD_NAMES",
    "DenseReward",
    "DenseSettings",
    "Details",
    "Reward",
    "Score",
    "Similarity",
    "Truth",
    "find_reward",
    "find_similarity",
    "read_truth",
    "render_truth",
    "truth_of_row",
]
