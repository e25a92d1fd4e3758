"""The .tflite file as objects: what it holds, and how it is loaded, saved, copied and compared."""

from __future__ import annotations

from .model import Model
from .objects import (
    ExternalBuffer,
    Graph,
    Metadata,
    Op,
    Quantization,
    Signature,
    Tensor,
    called_graphs,
    options_table,
    own_options,
    references,
    shown_ends,
)  # fmt: skip

__all__ = [
    "ExternalBuffer", "Graph", "Metadata", "Model", "Op", "Quantization", "Signature", "Tensor", "called_graphs", "options_table",
    "own_options", "references", "shown_ends",
]  # fmt: skip
