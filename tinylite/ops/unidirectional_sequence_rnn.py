"""UNIDIRECTIONAL_SEQUENCE_RNN: a layer with a plain recurrent cell over [batch, time, inputs], or [time, batch, inputs] if time_major."""

from __future__ import annotations

from .common.operator import register
from .common.rnn import RNNLayer
from .common.versions import Versions


@register
class UnidirectionalSequenceRNN(RNNLayer):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid)."""

    code = "UNIDIRECTIONAL_SEQUENCE_RNN"
    example = "f32 1x28x20 37x20 37x37 const:37 state:1x37 tanh"
    versions = Versions("1.14.0 1.14.0 2.3.0", hybrid=(1, 2, 3))
    options = "SequenceRNNOptions"
    rank = 3
