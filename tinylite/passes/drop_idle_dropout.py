"""Dropout that drops nothing: graphs of TensorFlow 1 keep its random numbers when only the rate is constant."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from .graph_pass import keeps_bits
from .matching import Found, rewrite
from .uses import has

__all__ = ["drop_idle_dropout"]


@keeps_bits
def drop_idle_dropout(graph: Graph) -> int:
    """Remove dropout whose rate keeps every random number of 0 to 1; returns the number removed.

    What is left is a product with 1, an identity.
    """
    if not has(graph, "RANDOM_UNIFORM"):
        return 0

    def make(found: Found, op: Op) -> Op | None:
        x = found["x"]
        idle = found["#rate"] <= 0 if "#rate" in found else found["#keep"] == 1
        if not idle or x.type != "FLOAT32" or x.dynamic_shape != op.outputs[0].dynamic_shape:
            return None
        one = Tensor(f"{op.outputs[0].name}/one", has_rank=True)
        one.data = np.ones((), np.float32)
        return Op("MUL", [x, one], op.outputs, fused_activation_function="NONE")

    random = ("RANDOM_UNIFORM", "shape")
    kept = ("GREATER_EQUAL", random, "#rate")
    patterns = [
        ("SELECT_V2", kept, "x", "zero"), ("SELECT", kept, "x", "zero"), ("MUL", "x", ("CAST", kept)),
        ("MUL", "x", ("FLOOR", ("ADD", random, "#keep"))),
    ]  # fmt: skip
    return rewrite(graph, patterns, make)
