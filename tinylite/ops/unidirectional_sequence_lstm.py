"""UNIDIRECTIONAL_SEQUENCE_LSTM: an LSTM layer over a sequence, from its first step to its last."""

from __future__ import annotations

from .common.lstm import WEIGHTS, LSTMLayer
from .common.operator import register
from .common.quantizing import StoredWeights


@register
class UnidirectionalSequenceLSTM(LSTMLayer):
    code = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    max_version = 4
    options = "UnidirectionalSequenceLSTMOptions"
    stored_weights = StoredWeights(WEIGHTS, asymmetric=True, together=True, first="kernel")
