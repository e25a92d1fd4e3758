"""Quantization-aware training, fully quantized models, and float models with smaller weights."""

from __future__ import annotations

from .config import FullIntegerQuantization, WeightQuantization
from .full_integer import quantize_model
from .parameters import Range
from .policy import MLIR, POLICIES, TOCO, Policy
from .ranges import Ranges, RangeSource
from .training import (
    create_eval_graph,
    create_training_graph,
    experimental_create_eval_graph,
    experimental_create_training_graph,
)
from .weights import quantize_weights

__all__ = [
    "MLIR", "POLICIES", "TOCO", "FullIntegerQuantization", "Policy", "Range", "RangeSource", "Ranges", "WeightQuantization",
    "create_eval_graph", "create_training_graph", "experimental_create_eval_graph", "experimental_create_training_graph",
    "quantize_model", "quantize_weights",
]  # fmt: skip
