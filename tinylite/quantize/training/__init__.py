"""Quantization-aware training: a tf.compat.v1 graph is rewritten in place, as tf.contrib.quantize did.

graph ──batch_norms, fold_batch_norms──> weights that hold their batch norm ──layers, insert_fake_quants──> FakeQuants with ranges
"""

from __future__ import annotations

from .rewrite import create_eval_graph, create_training_graph, experimental_create_eval_graph, experimental_create_training_graph

__all__ = [
    "create_eval_graph", "create_training_graph", "experimental_create_eval_graph", "experimental_create_training_graph",
]  # fmt: skip
