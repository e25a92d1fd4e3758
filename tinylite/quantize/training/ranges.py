"""A FakeQuant with its range: the variables, how training moves them, and the delay until rounding begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .editing import static_control_flow, step_count

__all__ = ["FakeQuant"]

_DECAY = 0.999


@dataclass(frozen=True)
class FakeQuant:
    """How tensors of one kind are fake-quantized.

    training    whether each run moves the range
    moving      by a moving average of 0.999, free of what it began with (zero debias), instead of the last value
    bits        of the integers that the values are rounded to
    narrow      whether the least integer is left out
    symmetric   whether both sides of the range get the larger one's size
    least       where the lower end of the range begins; the upper one begins at 6
    delay       the run from which on values are rounded; ranges move from the first one
    fixed       the range of an operator that has always the same, which needs no variables
    """

    training: bool
    moving: bool
    bits: int = 8
    narrow: bool = False
    symmetric: bool = False
    least: float = -6.0
    delay: int = 0
    fixed: tuple[float, float] | None = None

    def apply(self, tf: Any, x: Any, prefix: str) -> Any:
        """The fake-quantized version of a tensor; `prefix` names the ops and the variables `min` and `max` (FLOAT32 [])."""
        v1 = tf.compat.v1
        with v1.variable_scope(None, default_name=prefix, values=[x]) as scope:
            if self.fixed is not None:
                rounded = tf.quantization.fake_quant_with_min_max_args(x, *self.fixed)
            else:
                scope.set_partitioner(None)
                low, high = (self.end(v1, name, start) for name, start in (("min", self.least), ("max", 6.0)))
                if self.training:
                    low, high = self.moved(tf, x, low, high)
                rounded = tf.quantization.fake_quant_with_min_max_vars(x, low, high, num_bits=self.bits, narrow_range=self.narrow)
        if self.delay <= 0:
            return rounded
        begun = tf.greater_equal(step_count(tf, x.graph), self.delay, name=f"{prefix}/activate_quant")
        with static_control_flow():
            return v1.cond(begun, lambda: rounded, lambda: x, name=f"{prefix}/delayed_quant")

    @staticmethod
    def end(v1: Any, name: str, start: float) -> Any:
        return v1.get_variable(
            name, [], initializer=v1.constant_initializer(start), trainable=False, collections=[v1.GraphKeys.GLOBAL_VARIABLES],
            aggregation=v1.VariableAggregation.MEAN,
        )  # fmt: skip

    def moved(self, tf: Any, x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        """The ends of the range after this run: both hold 0."""
        least, most = tf.reduce_min(x, name="BatchMin"), tf.reduce_max(x, name="BatchMax")
        if self.symmetric:
            # The negative side of two's complement has a step more.
            ratio = -1 if self.narrow else -((1 << self.bits) - 2) / (1 << self.bits)
            ends = tf.minimum(least, most / ratio), tf.maximum(most, least * ratio)
        else:
            ends = tf.minimum(least, 0.0), tf.maximum(most, 0.0)
        if not self.moving:
            pairs = zip((low, high), ends, ("AssignMinLast", "AssignMaxLast"), strict=True)
            assigned = [tf.compat.v1.assign(variable, value, name=name) for variable, value, name in pairs]
        else:
            from tensorflow.python.training.moving_averages import assign_moving_average

            pairs = zip((low, high), ends, ("AssignMinEma", "AssignMaxEma"), strict=True)
            assigned = [assign_moving_average(variable, value, _DECAY, name=name) for variable, value, name in pairs]
        return assigned[0], assigned[1]
