"""From TensorFlow's graphs to a Model: `convert` does it all; each module is a stage.

ConvertRequest ──job──> file or object ──sources──> GraphDef ──tf_graph──> TfGraph ──translate──> Model ──passes──> Model
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import SettingError

if TYPE_CHECKING:
    from ..model import Model
    from ..quantize.config import FullIntegerQuantization, WeightQuantization
    from .request import TypeFlags

__all__ = ["convert"]


def convert(
    source: Any, inputs: Sequence[str] | str | None = None, outputs: Sequence[str] | str | None = None, *,
    input_shapes: Mapping[str, Sequence[int | None] | None] | Sequence[Sequence[int | None] | None] | None = None,
    input_types: Mapping[str, Any] | Sequence[Any] | None = None, constants: Mapping[str, Any] | None = None,
    batch_size: int | None = None, checkpoint: str | os.PathLike[str] | None = None, signature_key: str | None = None,
    tags: Iterable[str] | str | None = None, custom_objects: dict[str, Any] | None = None, allow_code: bool = False,
    quantization: FullIntegerQuantization | WeightQuantization | None = None, types: TypeFlags | None = None,
    allow_custom_ops: bool = False,
    custom_op_names: Iterable[str] = (), fuse_lstm: bool = False, drop_fake_quant: bool = False, reorder_across_fake_quant: bool = False,
    propagate_fake_quant_num_bits: bool = False, allow_dynamic_tensors: bool = True, output: str | os.PathLike[str] | None = None,
    output_format: str = "TFLITE", dump: str | os.PathLike[str] | None = None,
) -> Model:  # fmt: skip
    """Convert a TensorFlow graph to a Model, or quantize a float .tflite file.

    The arguments are the fields of `tinylite.ConvertRequest`, whose documentation says what each is: `convert("frozen.pb", ["x"])` is
    `convert(ConvertRequest("frozen.pb", ["x"]))`. A request as `source` is converted as it is, without other arguments.

    Raises SettingError for arguments that exclude one another; FileError, FreezeError, CodeRefusedError for a source that cannot be
    used; ConvertError with all ops that cannot be expressed in TFLite, or tensors that have no range, at once.
    """
    settings = dict(locals())  # all arguments, which a test compares with the fields of ConvertRequest
    from .job import Job
    from .request import ConvertRequest

    if isinstance(source, ConvertRequest):
        defaults = vars(ConvertRequest(source))
        if given := [name for name, value in settings.items() if value != defaults[name]]:
            raise SettingError(f"a ConvertRequest is given, and {', '.join(given)} besides", "Use dataclasses.replace(request, ...)")
    job = Job(source if isinstance(source, ConvertRequest) else ConvertRequest(**settings))
    model = job.run()
    job.write(model)
    return model
