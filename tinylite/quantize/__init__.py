"""Quantization: training that knows of it, and models of integers."""

from __future__ import annotations

from .integer import Integers, quantize_model
from .training import create_eval_graph, create_training_graph, experimental_create_eval_graph, experimental_create_training_graph
from .weights import Weights, quantize_weights

__all__ = [
    "Integers", "Weights", "create_eval_graph", "create_training_graph", "experimental_create_eval_graph",
    "experimental_create_training_graph", "quantize_model", "quantize_weights",
]  # fmt: skip
