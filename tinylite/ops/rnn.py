"""RNN: one step of a layer with a plain recurrent cell, over [batch, inputs]."""

from __future__ import annotations

from .common.operator import register
from .common.rnn import RNNLayer


@register
class RNN(RNNLayer):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid)."""

    code = "RNN"
    options = "RNNOptions"
    rank = 2
