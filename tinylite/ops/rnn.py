"""RNN: one step of a layer with a plain recurrent cell, over [batch, inputs]."""

from __future__ import annotations

from .common.operator import register
from .common.quantizing import StoredWeights
from .common.rnn import RNNLayer


@register
class RNN(RNNLayer):
    """FLOAT32."""

    code = "RNN"
    options = "RNNOptions"
    rank = 2
    stored_weights = StoredWeights((1, 2), asymmetric=True, together=True, first="kernel")
