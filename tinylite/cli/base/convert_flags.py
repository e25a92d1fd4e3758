"""From the flags of `tinylite convert` to a ConvertRequest, and the files of flags that toco takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from ...converter.request import ConvertRequest, TypeFlags
from ...errors import FileError, SettingError, at
from ...files.file_formats import HEAD, is_text
from ...files.io import content_of
from ...schema.graphdef import IO_TYPES
from ...schema.prototext import binary_of_text
from ...schema.table import FormatError
from ...schema.wire import decode_message
from .terminal import echo

__all__ = ["request_of"]


def request_of(flags: Mapping[str, Any]) -> ConvertRequest:
    """The request that the command's parameters make, by their names. Raises UsageError for flags that do not go together."""
    given = [flags[name] for name in ("model", "input_file", "saved_model_dir", "keras_model_file") if flags[name] is not None]
    if len(given) != 1:
        raise click.UsageError("give one file to convert: MODEL, --graph_def_file, --saved_model_dir or --keras_model_file")
    inference_type = _inference_type(flags)
    if flags["variable_batch"] and flags["batch_size"] is not None:
        raise click.UsageError("--variable_batch leaves open what --batch_size fixes: give one")
    _check_refused(flags)
    file = ModelFlags() if flags["model_flags_file"] is None else _read_model_flags(flags["model_flags_file"])
    inputs, outputs = flags["input_arrays"], flags["output_arrays"]
    variable_batch = flags["variable_batch"] or (file.variable_batch and flags["batch_size"] is None)
    return ConvertRequest(
        given[0], (None if inputs is None else _parts(inputs)) or file.inputs or None,
        (None if outputs is None else _parts(outputs)) or file.outputs or None,
        input_shapes=_shapes(flags["input_shapes"]) or file.shapes, input_types=_data_types(flags) or file.types,
        constants=_values_by_name(flags["constants"]), batch_size=-1 if variable_batch else flags["batch_size"],
        checkpoint=flags["input_checkpoint"], signature_key=flags["signature_key"],
        tags=None if flags["tags"] is None else _parts(flags["tags"]), allow_code=flags["allow_code"],
        types=TypeFlags(
            inference_type, flags["inference_input_type"] or _quantized_type(flags["input_type"]), flags["inference_output_type"],
            input_stats=_stats(flags["means"], flags["stds"]) or file.stats,
            default_range=_default_range(flags["default_ranges_min"], flags["default_ranges_max"]),
            quantizer_policy=flags["quantizer_policy"],
            stored_weights="FLOAT16" if flags["quantize_to_float16"] else "INT8" if flags["post_training_quantize"] else None,
            allow_float_ops=flags["allow_float_ops"],
            change_concat_inputs=flags["change_concat_input_ranges"] or file.change_concat_input_ranges,
            nudge_weights=flags["allow_nudging_weights_to_use_fast_gemm_kernel"],
        ),
        custom_op_names=_op_names(flags["custom_opdefs"] or ""), output=flags["output_file"],
        **{name: flags[name] for name in (
            "allow_custom_ops", "fuse_lstm", "drop_fake_quant", "reorder_across_fake_quant", "propagate_fake_quant_num_bits",
            "allow_dynamic_tensors", "output_format", "dump",
        )},
    )  # fmt: skip


def _inference_type(flags: Mapping[str, Any]) -> str:
    type: str = flags["inference_type"]
    if type.upper() != "FLOAT":
        if flags["post_training_quantize"]:  # as tflite_convert
            echo(f"Note: --post_training_quantize makes a float file, whatever --inference_type {type} says", err=True)
            return "FLOAT"
        if flags["quantize_to_float16"]:
            raise click.UsageError(f"--quantize_to_float16 makes a float file, and --inference_type {type} does not: give one")
    return type


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


# Values that ask for something that is not built. (Its other fields allow what is allowed here anyway.)
_NOT_BUILT = {
    "rnn_states": "Make the state a variable or the variable of a loop in the graph",
    "arrays_extra_info": "Put ranges into the graph as FakeQuants, or give --default_ranges_min and --default_ranges_max",
}


def _read_model_flags(path: str | os.PathLike[str]) -> ModelFlags:
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


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _numbers(text: str | None, flag: str) -> list[float]:
    try:
        return [float(part) for part in _parts(text)]
    except ValueError:
        raise click.BadParameter(f"{text!r} are not numbers", param_hint=flag) from None


def _stats(means: str | None, stds: str | None) -> list[tuple[float, float]]:
    """Pairs of mean and std."""
    first, second = _numbers(means, "--mean_values"), _numbers(stds, "--std_dev_values")
    if len(first) != len(second):
        raise click.UsageError(f"{len(first)} --mean_values and {len(second)} --std_dev_values: give a pair for each input")
    return list(zip(first, second, strict=True))


def _default_range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    if low is None or high is None:
        raise click.UsageError("give both of --default_ranges_min and --default_ranges_max")
    return low, high


def _shapes(text: str | None) -> list[tuple[int, ...]] | None:
    """Shapes with colons between them, numbers with commas; ? and None mean -1."""
    if text is None:
        return None
    shapes = []
    for part in text.split(":"):
        sizes = [size.strip() for size in part.split(",") if size.strip()]
        try:
            shapes.append(tuple(-1 if size in ("?", "None", "none") else int(size) for size in sizes))
        except ValueError:
            raise click.BadParameter(f"{part!r} is not a shape", param_hint="--input_shapes") from None
    return shapes


def _is_arithmetic(type: str) -> bool:
    """Whether a type can be that of a quantized file's inputs, which represent floats."""
    return type.upper() in ("FLOAT", "FLOAT32", "UINT8", "INT8", "QUANTIZED_UINT8", "QUANTIZED_INT8")


def _data_types(flags: Mapping[str, Any]) -> list[str]:
    """The types of the data in the graph: of --input_type only what is not made integers or floats by quantization."""
    if flags["input_data_types"]:
        return _parts(flags["input_data_types"])
    parts = _parts(flags["input_type"])
    return [] if all(map(_is_arithmetic, parts)) else parts


def _quantized_type(input_type: str | None) -> str | None:
    """What --input_type says of a quantized file's inputs."""
    found = {type.upper() for type in _parts(input_type) if _is_arithmetic(type)}
    if len(found) > 1:
        raise click.UsageError(f"inputs are to be {' and '.join(sorted(found))}, and all that stand for floats have one type")
    return next(iter(found), None)


def _values_by_name(texts: Sequence[str]) -> dict[str, Any]:
    """What --const takes: NAME=VALUE, where VALUE is true, false, a number, a list of these as JSON, or text."""
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


def _check_refused(flags: Mapping[str, Any]) -> None:
    """Raise UsageError for what is not built; a note where it is only allowed, and not asked for."""
    if flags["arrays_extra_info_file"] is not None:
        raise click.UsageError(f"--arrays_extra_info_file is not read. {_NOT_BUILT['arrays_extra_info']}")
    if flags["rnn_states"] is not None:
        raise click.UsageError(f"--rnn_states are not built. {_NOT_BUILT['rnn_states']}")
    sets = {part.upper() for part in _parts(flags["target_ops"])}
    if unknown := sets - {"TFLITE_BUILTINS", "TFLITE_BUILTINS_INT8", "SELECT_TF_OPS"}:
        raise click.UsageError(f"--target_ops has {', '.join(sorted(unknown))}; there are TFLITE_BUILTINS and TFLITE_BUILTINS_INT8")
    reason = "TensorFlow's kernels are not part of tinylite"
    asking = {
        "--force_select_tf_ops": flags["force_select_tf_ops"],
        "--experimental_select_user_tf_ops": flags["experimental_select_user_tf_ops"] is not None,
        "--target_ops=SELECT_TF_OPS": sets == {"SELECT_TF_OPS"},
    }
    for flag, asks in asking.items():
        if asks:
            raise click.UsageError(f"{flag}: {reason}. Give --allow_custom_ops to see such ops in the file")
    if flags["enable_select_tf_ops"] or "SELECT_TF_OPS" in sets:
        echo(f"Note: no op becomes one of SELECT_TF_OPS, as {reason}: those without a builtin form are errors", err=True)
    if sets == {"TFLITE_BUILTINS_INT8"}:
        echo("Note: --target_ops=TFLITE_BUILTINS_INT8 does not quantize; --inference_type INT8 does", err=True)


def _op_names(text: str) -> list[str]:
    """The names of ops in OpDef messages in text form, separated by commas, as --custom_opdefs takes them."""
    names, rest = [], text
    while rest.strip(" ,\n"):
        # The commas separate messages, and may occur inside of them, too.
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
