"""From TensorFlow's graphs to a Model: `convert` does it all; each module is a stage.

file or object ──sources──> GraphDef ──tf_graph──> TfGraph ──translate──> Model ──passes──> Model
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model import Model
    from ..quantize.integer import Integers
    from ..quantize.weights import Weights

__all__ = ["convert"]


def convert(
    source: Any, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None, *,
    input_shapes: Mapping[str, Sequence[int | None] | None] | None = None, input_types: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None, checkpoint: str | os.PathLike[str] | None = None,
    signature_key: str | None = None, tags: Iterable[str] | None = None, custom_objects: dict[str, Any] | None = None,
    allow_custom_ops: bool = False, fuse_lstm: bool = False, integers: Integers | None = None, weights: Weights | None = None,
    dump: str | os.PathLike[str] | None = None, output: str | os.PathLike[str] | None = None, allow_code: bool = False,
) -> Model:  # fmt: skip
    """Convert a TensorFlow graph to a Model.

    `source` is the path of a frozen GraphDef (.pb or .pbtxt), a SavedModel, a Keras file, or of an unfrozen GraphDef with the
    `checkpoint` that was saved with it; or a GraphDef message, its bytes, a tf.Graph, a session, a Keras model, a
    tf.function or concrete function, or what `tinylite.freeze` gave. Only a frozen GraphDef needs no TensorFlow.

    `inputs` and `outputs` are names of tensors ("softmax", "split:1"); without them, those of the signature or, in a
    GraphDef, the placeholders and what nobody reads. `input_shapes` gives shapes by input name; None or -1 for dimensions
    that may vary, which become dynamic in the file (shape_signature). `input_types` gives types (names, or of numpy or TensorFlow) by
    input name, where an input is a tensor whose type the graph does not tell. `constants` gives values by name for placeholders, or
    other tensors, that are always the same in use, such as {"phase_train": False}: they are no inputs then, and what hangs on them is
    computed now. `allow_custom_ops` lets ops through that have no
    builtin form, as custom ops with their attributes. `fuse_lstm` makes loops of LSTMs one operator, whose state lasts from run to
    run until the interpreter's variables are reset. `integers`, a tinylite.quantize.Integers, makes the model a fully quantized one;
    `weights`, a tinylite.quantize.Weights, stores the weights of a float one smaller. `dump` is a directory that gets a text file
    for each stage. `output` is a path to save the model at, whole or, if the conversion is refused, not at all. `allow_code` lets what
    is frozen on the way run code that a file holds (see tinylite.freeze), with a warning.

    Raises FileError, FreezeError, CodeRefusedError, and ConvertError with all ops that have no form, or tensors that have no range, at
    once.
    """
    from ..files import check_not_source
    from .conversion import Conversion
    from .sources import source_of
    from .translate import Settings

    if output is not None:
        check_not_source(output, source)
    found = source_of(
        source, inputs, outputs, checkpoint=checkpoint, signature_key=signature_key, tags=tags, custom_objects=custom_objects,
        allow_code=allow_code,
    )  # fmt: skip
    conversion = Conversion(
        found.graph_def, found.inputs, found.outputs, shapes=input_shapes, types=input_types,
        constants=constants, settings=Settings(allow_custom_ops, fuse_lstm=fuse_lstm),
        dump=dump, signature_key=found.signature_key, integers=integers,
    )  # fmt: skip
    model = conversion.model
    if weights is not None:
        from ..quantize.weights import quantize_weights

        model = quantize_weights(model, weights)
    if output is not None:
        model.save(output)
    return model
