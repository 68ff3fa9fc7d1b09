"""Which parameters of a vision-language model belong to its eyes, and keeping them as they are.

freeze_vision(model)      # `freeze_vision: true` of a recipe
"""

from __future__ import annotations

import torch

from stvqa.errors import InputError

__all__ = ["freeze_vision", "no_eyes", "sees"]

_EYES = frozenset({"visual", "vision_tower", "vision_model", "vision_encoder"})
"""Module names of vision encoders in transformers; that of the Qwen-VL families holds the projector too, which others
have beside it, where it is trained."""


def sees(name: str) -> bool:
    """Whether a parameter of this dotted name is one of the vision encoder."""
    return not _EYES.isdisjoint(name.split("."))


def no_eyes(model: str) -> InputError:
    """What to say of a model whose vision encoder is not known by name."""
    return InputError(f"freeze_vision: no module of {model} is called {' or '.join(sorted(_EYES))}: leave it out")


def freeze_vision(model: torch.nn.Module) -> None:
    """Takes the vision encoder out of the training, adapters on it included, before there is an optimizer.

    Raises:
        InputError: no parameter is known to be the vision encoder's.
    """
    found = [parameter for name, parameter in model.named_parameters() if sees(name)]
    if not found:
        raise no_eyes(type(model).__name__)
    for parameter in found:
        parameter.requires_grad_(False)
