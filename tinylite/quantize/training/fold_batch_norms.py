"""Fold batch norms into the weights before them, so that what is rounded in training is what the file will hold.

For inference the weights are W gamma / sqrt(variance + epsilon) with the moving averages. In training the statistics are the
batch's, and weights that follow them would jump from batch to batch. So weights are scaled by the moving average, rounded, and the
result of the layer is corrected by the quotient of the two deviations: nothing but the rounding changes.
"""

from __future__ import annotations

from typing import Any

from ...errors import QuantizeError
from .batch_norms import BatchNorm, MovingAverage, batch_norms, is_nchw, moving_average
from .editing import NORMS, clone, context_of, reroute, static_control_flow, step_count

__all__ = ["fold_batch_norms"]

_GRADIENT = "TinyliteFoldedBatchNorm"


def fold_batch_norms(graph: Any, training: bool, freeze_bn_delay: int | None = None) -> int:
    """Fold those after Conv2D, DepthwiseConv2dNative and MatMul; returns the number folded.

    Raises QuantizeError for batch norms in training mode if `training` is False, for those whose mode is fed, and for those whose
    moving averages are not found.
    """
    _check_modes(graph)
    found = list(batch_norms(graph))
    wrong = [norm.op.name for norm in found if norm.training and not training]
    if wrong:
        raise QuantizeError(
            f"{len(wrong)} batch norms of an evaluation graph are in training mode: {', '.join(map(repr, wrong[:5]))}",
            "Build the graph with is_training=False (training=False), so that they use their moving averages",
        )
    averages = [_averages(norm) if norm.training else [] for norm in found]  # or errors, while the graph is as it was
    for norm, of_norm in zip(found, averages, strict=True):
        _fold(graph, norm, of_norm, freeze_bn_delay)
    return len(found)


def _check_modes(graph: Any) -> None:
    """Raise QuantizeError for batch norms inside a condition: those of a learning phase, which is fed, cannot be folded."""
    normalizing = {
        function.signature.name for function in graph.as_graph_def().library.function if any(n.op in NORMS for n in function.node_def)
    }
    inside = []
    for op in graph.get_operations():
        if op.type in NORMS:
            conditional = op.inputs[0].op.type in ("Switch", "RefSwitch")
        else:
            conditional = op.type in ("If", "StatelessIf") and op.get_attr("then_branch").name in normalizing
        if conditional:
            inside.append(op.name)
    if inside:
        raise QuantizeError(
            f"{len(inside)} batch norms are in training or in inference mode by what is fed: {', '.join(map(repr, inside[:5]))}",
            "Build one graph for training (training=True) and another for evaluation (training=False); True and False, no tensors",
        )


def _fold(graph: Any, norm: BatchNorm, averages: list[MovingAverage], freeze_bn_delay: int | None) -> None:
    import tensorflow as tf

    layer = norm.layer
    context = context_of(layer)
    scope = f"{context}/" if context else ""
    mean, variance = norm.mean, norm.variance
    if norm.training and norm.fused:
        variance = _without_bessel(tf, graph, norm)
        _let_statistics_have_gradients(tf, norm)
    correction = None
    with graph.name_scope(scope), graph.name_scope(f"{scope}BatchNorm_Fold{'/' if scope else ''}"):
        if norm.bias is not None:
            mean = mean - norm.bias
        factor = norm.factor
        if factor is None:
            factor = tf.math.rsqrt(variance + norm.epsilon)
            factor = norm.gamma * factor if norm.gamma is not None else factor
        offset = norm.offset
        if offset is None or norm.bias is not None:
            shift = mean * factor
            offset = tf.subtract(norm.beta, shift, name="bias") if norm.beta is not None else tf.negative(shift, name="bias")
        offset = _along_result(tf, offset, norm)
        scale = _along_weights(tf, factor, layer, "scale_reshape")
        if norm.training:
            correction = _Correction(tf, graph, norm, averages, mean, variance, freeze_bn_delay)
            corrected = _along_weights(tf, correction.scale, layer, "correction_reshape")
    with graph.name_scope(scope):
        weights = layer.inputs[1]
        if correction is not None:
            weights = tf.multiply(corrected, weights, name="correction_mult")
        weights = tf.multiply(weights, scale, name="mul_fold")
        result = clone(layer, [layer.inputs[0], weights], f"{layer.name}_Fold")
        for op in norm.between:
            result = clone(op, [result, *op.inputs[1:]], f"{op.name}_Fold")
        if correction is not None:
            result = tf.multiply(_along_result(tf, correction.reciprocal, norm), result, name="post_conv_mul")
            result = tf.add(result, _along_result(tf, correction.offset, norm), name="correction_add")
        reroute(norm.output, tf.add(result, offset, name="add_fold"))


def _along_weights(tf: Any, tensor: Any, layer: Any, name: str) -> Any:
    """Numbers for each channel, in a shape and of a type to multiply a layer's weights with."""
    weights = layer.inputs[1]
    if layer.type == "DepthwiseConv2dNative":
        tensor = tf.reshape(tensor, weights.shape.as_list()[2:], name=name)
    elif layer.type == "MatMul" and layer.get_attr("transpose_b"):
        tensor = tf.reshape(tensor, [-1, 1], name=name)
    elif is_nchw(layer) and tensor.shape.rank != 1:
        tensor = tf.reshape(tensor, [-1], name=name)
    return tf.cast(tensor, weights.dtype)


def _along_result(tf: Any, tensor: Any, norm: BatchNorm) -> Any:
    """Numbers for each channel, in a shape and of a type to add to what is normalized."""
    if is_nchw(norm.layer):
        tensor = tf.reshape(tensor, [-1, 1, 1])
    return tf.cast(tensor, norm.layer.outputs[0].dtype)


def _without_bessel(tf: Any, graph: Any, norm: BatchNorm) -> Any:
    """The variance that the batch was normalized with: the fused op returns another, larger by n / (n - 1)."""
    context = context_of(norm.op)
    with graph.name_scope(f"{context}/" if context else ""):
        n = tf.cast(tf.size(norm.x) / tf.size(norm.mean), tf.float32)
        return tf.multiply(norm.variance, (n - 1) / n, name="Undo_Bessel_Correction")


def _let_statistics_have_gradients(tf: Any, norm: BatchNorm) -> None:
    """TensorFlow's gradient of the fused op forgets its mean and variance, on which the folded weights depend."""
    from tensorflow.core.framework.attr_value_pb2 import AttrValue
    from tensorflow.python.framework.ops import gradient_registry

    if _GRADIENT not in gradient_registry.list():

        def gradient(op: Any, _y: Any, mean: Any, variance: Any, *_: Any) -> Any:
            x = tf.cast(op.inputs[0], mean.dtype)
            n = tf.cast(tf.size(x) / tf.size(mean), tf.float32)
            mean, variance, centre = (tf.reshape(t, (1, -1, 1, 1)) if is_nchw(op) else t for t in (mean, variance, op.outputs[1]))
            return tf.cast(mean / n + 2 * variance * (x - centre) / (n - 1), op.inputs[0].dtype), None, None, None, None

        tf.RegisterGradient(_GRADIENT)(gradient)
    norm.op._set_attr("_gradient_op_type", AttrValue(s=_GRADIENT.encode()))


class _Correction:
    """What training multiplies the weights by, and the layer's result by and with.

    While the batch's statistics hold: sigma / moving sigma, its reciprocal, and 0. Once the averages are frozen: the same, 1, and
    the difference between the batch's offset and the average's.
    """

    def __init__(
        self, tf: Any, graph: Any, norm: BatchNorm, averages: list[MovingAverage], mean: Any, variance: Any, freeze_bn_delay: int | None
    ) -> None:  # fmt: skip
        with graph.name_scope("batch_norm_correction"), static_control_flow():
            moving_mean, moving_variance = (average.value for average in averages)
            if norm.bias is not None:
                moving_mean = moving_mean - norm.bias
            moving_root, root = (tf.math.rsqrt(value + norm.epsilon) for value in (moving_variance, variance))
            self.scale = tf.identity(tf.divide(moving_root, root, name="scale_compute"), name="correction_scale")
            self.reciprocal = tf.math.reciprocal(self.scale, name="reciprocal_compute")
            difference = mean * root - moving_mean * moving_root
            shift = tf.multiply(norm.gamma, difference, name="offset_compute") if norm.gamma is not None else difference
            if freeze_bn_delay is None:
                self.offset = tf.zeros_like(shift, name="zeros")
                return
            cond = tf.compat.v1.cond
            frozen = tf.greater_equal(step_count(tf, graph), freeze_bn_delay, name="use_moving_average")
            reciprocal = self.reciprocal
            for average, name in zip(averages, ("freeze_moving_mean", "freeze_moving_var"), strict=True):
                rate = average.rate
                stopped = cond(frozen, lambda rate=rate: tf.zeros_like(rate), lambda rate=rate: tf.identity(rate), name=name)
                reroute(rate, stopped, [average.product])
            self.reciprocal = cond(frozen, lambda: tf.ones_like(reciprocal), lambda: reciprocal, name="correction_recip")
            self.offset = cond(frozen, lambda: shift, lambda: tf.zeros_like(shift), name="correction_offset")


def _averages(norm: BatchNorm) -> list[MovingAverage]:
    """The moving averages of mean and variance. Raises QuantizeError if one is not found."""
    found = [moving_average(norm.mean), moving_average(norm.variance)]
    if any(average is None for average in found):
        raise QuantizeError(
            f"the moving averages of batch norm {norm.op.name!r} are not found: its mean and variance are subtracted from no variable",
            "Build it for training alone (training=True, not a learning phase that is fed), with tf_keras layers, slim or "
            "assign_moving_average",
        )
    return found  # type: ignore[return-value]
