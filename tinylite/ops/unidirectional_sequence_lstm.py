"""UNIDIRECTIONAL_SEQUENCE_LSTM: an LSTM layer over a sequence, from its first step to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.lstm import WEIGHTS, LSTMLayer, lstm_version
from .common.operator import register
from .common.quantization_rules import WeightStorageRule
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op


@register
class UnidirectionalSequenceLSTM(LSTMLayer):
    code = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    example = "f32 1x28x28 20x28*4 20x20*4 -*3 const:20*4 -*2 state:1x20*2 tanh"
    max_version = 4
    methods = ("tflm",)
    versions = Versions("1.13.1 1.14.0 2.3.0 2.12.0", hybrid=(2, 2, 3))
    options = "UnidirectionalSequenceLSTMOptions"
    stored_weights = WeightStorageRule(WEIGHTS, asymmetric=True, together=True, first="kernel")

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), lstm_version(op))
