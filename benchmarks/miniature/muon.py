"""The optimizer of the warm start: Muon for the matrices of hidden layers, AdamW for everything else.

A model of this size sees after half the pictures that way (dev/LOG.md). What comes after the warm start is trained with
AdamW, as any model is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["MuonWithAdamW"]


class MuonWithAdamW(torch.optim.Optimizer):
    """Both as one optimizer, for one schedule.

    Args:
        model: whose parameters are trained.
        hidden_rate: step size of Muon.
        rate / beta2 / weight_decay: of AdamW; vectors are not decayed.
    """

    def __init__(
        self, model: torch.nn.Module, *, hidden_rate: float, rate: float, beta2: float, weight_decay: float
    ) -> None:
        kinds: dict[str, list[torch.nn.Parameter]] = {"hidden": [], "other": [], "vector": []}
        for name, parameter in model.named_parameters():
            hidden = parameter.ndim == 2 and "embed" not in name
            kinds["vector" if parameter.ndim < 2 else "hidden" if hidden else "other"].append(parameter)
        rest = [
            {"params": kinds["other"], "weight_decay": weight_decay},
            {"params": kinds["vector"], "weight_decay": 0.0},
        ]
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(kinds["hidden"], lr=hidden_rate, weight_decay=weight_decay),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, beta2)),
        )
        super().__init__([group for part in self.parts for group in part.param_groups], {})
        self._share_groups()

    def _share_groups(self) -> None:
        """A schedule writes step sizes into the groups, where the parts read them."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of both."""
        loss = closure() if closure is not None else None
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Of both, in order."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()
