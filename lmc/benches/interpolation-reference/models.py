"""The two models, and points on the line between them."""

from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging

logging.disable_progress_bar()


def load(folder: Path, attention: str | None = None) -> torch.nn.Module:
    """The classifier in a Hugging Face folder, float32, for evaluation; without `attention` by transformers' default."""
    options = {"attn_implementation": attention} if attention else {}
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, **options)
    return model.requires_grad_(False).eval()


class Line:
    """The points alpha * A + (1 - alpha) * B, written into a model that stays the same."""

    def __init__(self, inputs: Path):
        self.a, self.b = (dict(load(inputs / name).named_parameters()) for name in ("a", "b"))

    def write(self, model: torch.nn.Module, alpha: float):
        """Makes the model's parameters those of the point, in place."""
        for name, parameter in model.named_parameters():
            torch.lerp(self.b[name], self.a[name], alpha, out=parameter.data)
