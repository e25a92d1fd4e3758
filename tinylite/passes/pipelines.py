"""Which passes run, when and in which order. All lists of passes are here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Graph
from .drop_idle_dropout import drop_idle_dropout
from .eliminate_common_subexpressions import deduplicate_constants, eliminate_common_subexpressions
from .eliminate_dead_ops import eliminate_dead_ops
from .eliminate_identities import eliminate_identities, merge_constant_operands
from .fold_scale_and_bias import fold_scale_and_bias, fold_scale_and_bias_into_next
from .fuse_activations import fuse_activations
from .graph_pass import Pass
from .keep_dimensions import flatten_rows, keep_dimensions
from .merge_dilations import merge_dilations
from .merge_moves import keep_reduced_dimensions, merge_reshapes, merge_transposes
from .merge_pads import merge_pads
from .one_channel_convolutions import one_channel_convolutions
from .plain_logarithms import plain_logarithms
from .recognize_activations import fuse_gelu, recognize_hard_swish, recognize_leaky_relu, recognize_prelu, recognize_relu
from .recognize_lstm import recognize_lstm
from .recognize_normalization import recognize_l2_normalization, recognize_layer_normalization, recognize_squared_difference
from .simplify_loops import copy_moved_variables, drop_repeated_operands, simplify_loops
from .sink_reshapes import sink_reshapes
from .sink_transposes import sink_transposes
from .update_in_place import update_in_place

__all__ = ["AFTER_QUANTIZATION", "AFTER_TRANSLATION", "ALONE", "BEFORE_PLANNING", "optimize", "simplified"]

Watch = Callable[[str, Graph, int], None]

# What the engine runs before it plans a graph: these keep bits. What is replaced can be dropped, and what is dropped need not be fused.
BEFORE_PLANNING: tuple[Pass, ...] = (update_in_place, eliminate_dead_ops, fuse_activations)

# What makes a freshly translated graph small.
# Patterns are recognised before their parts are folded into others. What one makes possible for another comes again in the
# next round.
AFTER_TRANSLATION: tuple[Pass, ...] = (
    eliminate_dead_ops, simplify_loops, deduplicate_constants, eliminate_common_subexpressions, drop_repeated_operands, drop_idle_dropout,
    eliminate_identities, merge_reshapes,
    keep_reduced_dimensions, merge_transposes, sink_transposes, recognize_relu, recognize_hard_swish, fuse_gelu,
    recognize_leaky_relu, recognize_prelu, recognize_squared_difference, recognize_l2_normalization, recognize_layer_normalization,
    eliminate_dead_ops, keep_dimensions, flatten_rows, merge_dilations, merge_constant_operands, sink_reshapes,
    fold_scale_and_bias, merge_pads,
    fold_scale_and_bias_into_next, fuse_activations,
)  # fmt: skip

# What quantizing leaves to merge.
AFTER_QUANTIZATION: tuple[Pass, ...] = (merge_reshapes, merge_transposes, eliminate_dead_ops)

# What is run alone: where loops are to be LSTMs (fuse_lstm), after all others of a translated graph, and before a graph is quantized,
# the last one only by a policy that follows TensorFlow's first converter.
ALONE: tuple[Pass, ...] = (recognize_lstm, copy_moved_variables, plain_logarithms, one_channel_convolutions)

_MOST_ROUNDS = 10


def simplified(graph: Graph) -> Graph:
    """A graph of the same tensors with fewer ops, as the engine plans it; the one given stays as it is."""
    copied = Graph(graph.name, list(graph.inputs), list(graph.outputs), list(graph.ops), graph.tensors, graph.debug_metadata_index)
    for change in BEFORE_PLANNING:
        change(copied)
    return copied


def optimize(graph: Graph, passes: Sequence[Pass] = AFTER_TRANSLATION, watch: Watch | None = None) -> dict[str, int]:
    """Run passes until none finds anything to do; returns how many changes each made. `watch` hears of each that made some."""
    made = dict.fromkeys((change.__name__ for change in passes), 0)
    for _ in range(_MOST_ROUNDS):
        before = dict(made)
        for change in passes:
            count = change(graph)
            made[change.__name__] += count
            if count and watch is not None:
                watch(change.__name__, graph, count)
        if made == before:
            break
    used = {id(tensor) for tensor in Graph(None, graph.inputs, graph.outputs, graph.ops).all_tensors()}
    graph.tensors = [tensor for tensor in graph.all_tensors() if id(tensor) in used]
    for op in graph.ops:
        op.replaces = ()  # of no use any more, and it would hold on to their constants
    return made
