"""The one way from a ConvertRequest to a Model, for `tinylite.convert`, TFLiteConverter and the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from ..errors import ConvertError, SettingError, at
from ..files.file_formats import detect_format
from ..files.graphdef import GraphDef
from ..files.io import check_not_source, write_whole
from ..model import Model, Tensor
from .call import Settings
from .conversion import Arrays, Conversion, Report, guessed_inputs, input_types
from .load_source import Source, load_source
from .request import ConvertRequest, Progress, by_input
from .target import Target

__all__ = ["Job", "file_content"]


class Job:
    """A request whose source has been read: `types` are its inputs by name with their types, None where the graph does not say.

    Raises what reading and freezing raise. `run` makes the model; afterwards `report` says what became of a graph, and `write` writes
    the file that the request names.
    """

    def __init__(self, request: ConvertRequest) -> None:
        self.request = request
        self.report: Report | None = None
        self.source: Source | None = None  # of a conversion
        self.float_model: Model | None = None  # of what is a .tflite file already
        if isinstance(request.source, Model):
            self.float_model = request.source
        elif isinstance(request.source, (str, os.PathLike)) and _is_tflite(request.source):
            self.float_model = Model.load(request.source)
        if self.float_model is not None:
            self.types = self._types_of_model(self.float_model)
            return
        if request.output is not None:
            check_not_source(request.output, request.source)
        self.source = request.source if isinstance(request.source, Source) else load_source(
            request.source, _named(request.inputs), _named(request.outputs), checkpoint=request.checkpoint,
            signature_key=request.signature_key, tags=request.tags, custom_objects=request.custom_objects, allow_code=request.allow_code,
        )  # fmt: skip
        graph_def = self.source.graph_def
        if request.propagate_fake_quant_num_bits:
            _check_widths(graph_def)
        self.inputs = (self.source.inputs or Arrays(guessed_inputs(graph_def))).without(request.constants or {})
        self.types = dict(zip(self.inputs.names, input_types(graph_def, self.inputs.names), strict=True))

    @cached_property
    def target(self) -> Target:
        """What the file is to be. Raises SettingError, ConvertError and UnsupportedError for what does not go together."""
        return self.request.target(self.types)

    def run(self, progress: Progress | None = None) -> Model:
        """The model. `progress` is called at each stage with its name, and how many of how many steps are done."""
        model = self._of_float_model(self.float_model) if self.float_model is not None else self._of_graph(progress)
        if not self.request.allow_dynamic_tensors:
            _check_shapes(model)
        return model

    def write(self, model: Model) -> None:
        """Write the model to the request's `output`, if it names one."""
        if self.request.output is None:
            return
        if self.request.output_format == "TFLITE":
            model.save(self.request.output)
        else:
            path = os.fsdecode(self.request.output)
            with at(path):
                write_whole(path, [file_content(model, self.request.output_format)])

    def _of_graph(self, progress: Progress | None) -> Model:
        assert self.source is not None
        request, target = self.request, self.target
        conversion = Conversion(
            self.source.graph_def, self.inputs, self.source.outputs, shapes=request.input_shapes,
            types=by_input("input_types", self.inputs.names, request.input_types or {}), constants=request.constants,
            batch_size=request.batch_size, settings=Settings(
                request.allow_custom_ops, frozenset(request.custom_op_names), fuse_lstm=request.fuse_lstm,
                drop_fake_quants=request.drop_fake_quant and target.full_integer is None,
            ),
            quantization=target.full_integer, reorder_across_fake_quants=request.reorder_across_fake_quant or request.drop_fake_quant,
            signature_key=self.source.signature_key, dump=request.dump, progress=progress,
        )  # fmt: skip
        self.report = conversion.report
        return target.finished(conversion.model)

    # ---- what is a .tflite file already

    def _types_of_model(self, model: Model) -> dict[str, str | None]:
        """The inputs by name with their types, in the order that was asked for. Raises SettingError for other inputs, outputs, shapes."""
        given = _ends("input", self.request.inputs, model.graph.inputs)
        _ends("output", self.request.outputs, model.graph.outputs)
        shapes = self.request.input_shapes or {}
        asked = [shape and tuple(shape) for shape in (shapes.values() if isinstance(shapes, Mapping) else shapes)]
        if asked and asked not in ([tuple(tensor.shape) for tensor in given], [tuple(tensor.dynamic_shape) for tensor in given]):
            raise SettingError("input_shapes are others than those of the model", "A .tflite file keeps its shapes: leave input_shapes out")
        return {str(tensor.name): str(tensor.type) for tensor in given}

    def _of_float_model(self, model: Model) -> Model:
        with at(os.fsdecode(self.request.source) if isinstance(self.request.source, (str, os.PathLike)) else "the model"):
            if self.target.quantization is None and self.target.input_type in (None, "FLOAT32"):
                raise ConvertError(
                    "it is a .tflite file already, and nothing is asked of it",
                    "Ask for integers (--inference_type), smaller weights (--post_training_quantize, --quantize_to_float16) or integer "
                    "inputs (--inference_input_type), or load it with tinylite.Model.load",
                )
            return self.target.of_float_model(model)


def file_content(model: Model, format: str) -> bytes:
    """What is written for a model in an output_format."""
    if format == "GRAPHVIZ_DOT":
        from .dot import dot

        return dot(model).encode()
    return model.to_bytes()


def _is_tflite(path: str | os.PathLike[str]) -> bool:
    with at(os.fsdecode(path)):
        return detect_format(path).id == "tflite"


def _named(names: Any) -> list[Any] | None:
    return None if names is None else list(names)


def _ends(what: str, names: Sequence[str] | None, tensors: list[Tensor]) -> list[Tensor]:
    """A file's inputs or outputs in the order that was asked for."""
    known = {str(tensor.name).removesuffix(":0"): tensor for tensor in tensors}
    asked = list(known) if names is None else [str(name).removesuffix(":0") for name in names]
    if sorted(asked) != sorted(known):
        raise SettingError(
            f"{what}_arrays are {', '.join(map(str, names or ()))}, and the model has {', '.join(str(tensor.name) for tensor in tensors)}",
            "A .tflite file keeps the inputs and outputs that it has: leave them out",
        )
    return [known[name] for name in asked]


def _check_widths(graph: GraphDef) -> None:
    """Raise SettingError for a FakeQuant of another width than that of the types that are built."""
    for nodes in (graph.nodes, *(function.nodes for function in graph.functions.values())):
        for node in nodes:
            bits = node.attributes.get("num_bits", 8)
            if node.op.startswith("FakeQuant") and bits != 8:
                raise SettingError(
                    f"propagate_fake_quant_num_bits asks for the type of {bits} bits, as node {node.name!r} has, which is not built",
                    "Leave it out: the file has 8 bits, over the same range",
                )


def _check_shapes(model: Model) -> None:
    """Raise ConvertError for a tensor whose shape is not known before a run."""
    for graph in model.graphs:
        for tensor in graph.all_tensors():
            if not tensor.has_rank or -1 in tensor.dynamic_shape:
                shape = list(tensor.dynamic_shape) if tensor.has_rank else "of any rank"
                raise ConvertError(
                    f"tensor {tensor.name!r} is {shape}, and allow_dynamic_tensors=False wants all shapes known",
                    "Give input_shapes, or leave it out",
                )
