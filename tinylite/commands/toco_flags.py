"""What toco's command lines say besides what becomes options of `tinylite convert`: flags that change nothing here, and files of flags."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import ConvertError, FileError, SettingError, at
from ..files import content_of
from ..flags import without_effect
from ..kinds import HEAD, is_text
from ..schema.graphdef import IO_TYPES
from ..schema.prototext import binary_of_text
from ..schema.table import FormatError
from ..schema.wire import decode_message
from ..terminal import echo

if TYPE_CHECKING:
    from ..converter.graphdef import GraphDef
    from ..model import Model

__all__ = [
    "ModelFlags", "check_refused", "check_shapes", "check_widths", "flags_without_effect", "op_names", "quantized_type",
    "read_model_flags", "types_by_name", "types_of_data", "values_by_name",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

_LOGS = "messages go to stderr, and there are no levels of them"
# Flags that take a value, and switches: why each changes nothing.
_VALUES = {
    "--accumulation_type": "kernels add FLOAT16 weights up in FLOAT32",
    "--conversion_summary_dir": "the report on the terminal says what was done",
    "--dedupe_array_min_size_bytes": "equal constants are stored once, of whatever size",
    "--default_int16_ranges_max": "no tensor is quantized to INT16",
    "--default_int16_ranges_min": "no tensor is quantized to INT16",
    "--graphviz_first_array": "--dump writes whole graphs",
    "--graphviz_last_array": "--dump writes whole graphs",
    "--log_dir": _LOGS,
    "--minloglevel": _LOGS,
    "--model_checks": "operators are not counted; the report shows how many of each there are",
    "--stderrthreshold": _LOGS,
    "--v": _LOGS,
    "--vmodule": _LOGS,
}
_SWITCHES = {
    "--allow_bfloat16": "graphs in BFLOAT16 are converted to FLOAT32",
    "--allow_nonascii_arrays": "names may have any letters",
    "--allow_nonexistent_arrays": "names that the graph does not have are errors",
    "--alsologtostderr": _LOGS,
    "--debug_disable_recurrent_cell_fusion": "recurrent cells are fused with --fuse_lstm only",
    "--drop_control_dependency": "control dependencies are always dropped",
    "--dump_graphviz_video": "--dump writes the graph after every pass",
    "--enable_v1_converter": "there is one converter",
    "--experimental_new_converter": "there is one converter",
    "--experimental_new_quantizer": "--quantizer_style chooses between the ways to quantize",
    "--ignore_high_fanout_ops": "--dump writes all operators",
    "--logtostderr": _LOGS,
    "--split_tflite_lstm_inputs": "LSTM operators have all their inputs",
    "--unfold_batchmatmul": "BATCH_MATMUL is an operator that runs as it is",
}


def flags_without_effect(command: F) -> F:
    """Let a command take the flags that change nothing, each with a line that says so and why."""
    for name, why in {**_VALUES, **_SWITCHES}.items():
        command = without_effect(name, switch=name in _SWITCHES, why=why)(command)
    return command


@dataclass
class ModelFlags:
    """A file of flags: the inputs' and outputs' names, and by input name what is said of them."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    shapes: dict[str, Sequence[int] | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    stats: dict[str, tuple[float, float]] = field(default_factory=dict)
    variable_batch: bool = False
    change_concat_input_ranges: bool = False


# What tells something that is not built. (Its other fields allow what is allowed here anyway.)
_NOT_BUILT = {
    "rnn_states": "Make the state a variable or the variable of a loop in the graph",
    "arrays_extra_info": "Put ranges into the graph as FakeQuants, or give --default_ranges_min and --default_ranges_max",
}


def read_model_flags(path: str | os.PathLike[str]) -> ModelFlags:
    """A ModelFlags message, binary or text, as toco's --model_flags_file takes it. Raises FileError and SettingError."""
    with at(os.fsdecode(path)):
        data = content_of(path)
        try:
            content = memoryview(binary_of_text("ModelFlags", data)) if is_text(bytes(data[:HEAD])) else data
            message = decode_message("ModelFlags", content)
        except FormatError as error:
            raise FileError(f"it is not a ModelFlags message: {error}", "Give a file as --model_flags_file of toco takes it") from None
        for name, remedy in _NOT_BUILT.items():
            if message.get(name):
                raise SettingError(f"it has {name}, which is not built", remedy)
        found = ModelFlags(outputs=list(message.get("output_arrays", ())), variable_batch=bool(message.get("variable_batch")))
        found.change_concat_input_ranges = bool(message.get("change_concat_input_ranges"))
        for entry in message.get("input_arrays", ()):
            name = entry.get("name", "")
            found.inputs.append(name)
            if "shape" in entry:
                found.shapes[name] = None if entry["shape"].get("unknown_rank") else [int(size) for size in entry["shape"].get("dims", ())]
            if entry.get("data_type"):
                found.types[name] = IO_TYPES.get(int(entry["data_type"]), str(entry["data_type"]))
            if "mean_value" in entry or "std_value" in entry:
                found.stats[name] = (float(entry.get("mean_value", 0)), float(entry.get("std_value", 1)))
        return found


# ---- inputs


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _is_arithmetic(type: str) -> bool:
    """Whether a type can be that of a quantized file's inputs, which stand for floats."""
    return type.upper() in ("FLOAT", "FLOAT32", "UINT8", "INT8", "QUANTIZED_UINT8", "QUANTIZED_INT8")


def types_of_data(input_type: str | None) -> str | None:
    """What --input_type says of the data in the graph: nothing of what only quantization makes integers or floats."""
    parts = _parts(input_type)
    return None if all(map(_is_arithmetic, parts)) else input_type


def types_by_name(names: Sequence[str], text: str | None) -> dict[str, str]:
    """A type for each input; one alone is that of all."""
    types = _parts(text)
    if len(types) == 1:
        types *= len(names)
    if types and len(types) != len(names):
        raise click.UsageError(f"{len(types)} --input_data_types are given for {len(names)} inputs: {', '.join(names)}")
    return dict(zip(names, types, strict=bool(types)))


def quantized_type(input_type: str | None, data_types: Mapping[str, str], types: Sequence[str | None]) -> str | None:
    """What --input_type, or else the types given for inputs that are floats in the graph, say of a quantized file's inputs."""
    found = {type.upper() for type in _parts(input_type) if _is_arithmetic(type)}
    if not found:
        floats = {type.upper() for type, own in zip(data_types.values(), types, strict=False) if own == "FLOAT32" and _is_arithmetic(type)}
        found = floats - {"FLOAT", "FLOAT32"}
    if len(found) > 1:
        raise click.UsageError(f"inputs are to be {' and '.join(sorted(found))}, and all that stand for floats have one type")
    return next(iter(found), None)


def values_by_name(texts: Sequence[str]) -> dict[str, Any]:
    """What --const gives: NAME=VALUE, where VALUE is true, false, a number, a list of these as JSON, or text."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--const")
        if name in found:
            raise click.BadParameter(f"{name!r} has two values", param_hint="--const")
        try:
            found[name] = json.loads(value.lower() if value.lower() in ("true", "false") else value)
        except ValueError:
            found[name] = value
    return found


# ---- what is refused, or checked


def check_refused(
    target_ops: str | None, user_ops: str | None, enable_select: bool, force_select: bool, extra_info: str | None, states: str | None
) -> None:
    """Raise UsageError for what is not built; a note where it is only allowed, and not asked for."""
    if extra_info is not None:
        raise click.UsageError(f"--arrays_extra_info_file is not read. {_NOT_BUILT['arrays_extra_info']}")
    if states is not None:
        raise click.UsageError(f"--rnn_states are not built. {_NOT_BUILT['rnn_states']}")
    sets = {part.upper() for part in _parts(target_ops)}
    if unknown := sets - {"TFLITE_BUILTINS", "TFLITE_BUILTINS_INT8", "SELECT_TF_OPS"}:
        raise click.UsageError(f"--target_ops has {', '.join(sorted(unknown))}; there are TFLITE_BUILTINS and TFLITE_BUILTINS_INT8")
    reason = "TensorFlow's kernels are not part of tinylite"
    if force_select or user_ops is not None or sets == {"SELECT_TF_OPS"}:
        user = "--target_ops=SELECT_TF_OPS" if user_ops is None else "--experimental_select_user_tf_ops"
        flag = "--force_select_tf_ops" if force_select else user
        raise click.UsageError(f"{flag}: {reason}. Give --allow_custom_ops to see such ops in the file")
    if enable_select or "SELECT_TF_OPS" in sets:
        echo(f"Note: no op becomes one of SELECT_TF_OPS, as {reason}: those without a builtin form are errors", err=True)
    if sets == {"TFLITE_BUILTINS_INT8"}:
        echo("Note: --target_ops=TFLITE_BUILTINS_INT8 does not quantize; --inference_type INT8 does", err=True)


def check_widths(graph: GraphDef) -> None:
    """Raise SettingError for a FakeQuant of another width than that of the types that are built."""
    for nodes in (graph.nodes, *(function.nodes for function in graph.functions.values())):
        for node in nodes:
            bits = node.attributes.get("num_bits", 8)
            if node.op.startswith("FakeQuant") and bits != 8:
                raise SettingError(
                    f"--propagate_fake_quant_num_bits asks for the type of {bits} bits, as node {node.name!r} has, which is not built",
                    "Leave the flag out: the file has 8 bits, over the same range",
                )


def check_shapes(model: Model) -> None:
    """Raise ConvertError for a tensor whose shape is not known before a run."""
    for graph in model.graphs:
        for tensor in graph.all_tensors():
            if not tensor.has_rank or -1 in tensor.signature:
                shape = list(tensor.signature) if tensor.has_rank else "of any rank"
                raise ConvertError(
                    f"tensor {tensor.name!r} is {shape}, and --allow_dynamic_tensors=false wants all shapes known",
                    "Give --input_shapes, or leave the flag out",
                )


def op_names(text: str) -> list[str]:
    """The names of ops in OpDef messages in text form, separated by commas, as --custom_opdefs takes them."""
    names, rest = [], text
    while rest.strip(" ,\n"):
        # The commas stand between messages, and may stand inside of them, too.
        for end in [place for place, letter in enumerate(rest) if letter == ","] + [len(rest)]:
            try:
                message = decode_message("OpDef", memoryview(binary_of_text("OpDef", memoryview(rest[:end].encode()))))
            except FormatError:
                continue
            if message.get("name"):
                names.append(str(message["name"]))
                rest = rest[end + 1 :]
                break
        else:
            raise click.BadParameter(f"{rest!r} is not an OpDef with a name", param_hint="--custom_opdefs")
    return names
