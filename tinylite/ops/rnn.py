"""RNN: one step of a layer with a plain recurrent cell, over [batch, inputs]."""

from __future__ import annotations

from .common.operator import register
from .common.rnn import RNNLayer
from .common.versions import Versions


@register
class RNN(RNNLayer):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid)."""

    code = "RNN"
    example = "f32 1x20 37x20 37x37 const:37 state:1x37 relu"
    versions = Versions("1.5.0 1.14.0 2.3.0", hybrid=(1, 2, 3))
    options = "RNNOptions"
    rank = 2
