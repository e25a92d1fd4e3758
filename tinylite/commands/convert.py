"""`tinylite convert`: the command line of the converter, with the flags of toco and tflite_convert."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import SettingError, at
from ..flags import FlagCommand, switch
from ..kinds import kind_of
from ..terminal import CONTEXT, echo
from ..text import is_terminal
from .toco_flags import (
    ModelFlags,
    check_refused,
    check_shapes,
    check_widths,
    flags_without_effect,
    op_names,
    quantized_type,
    read_model_flags,
    types_by_name,
    types_of_data,
    values_by_name,
)  # fmt: skip

if TYPE_CHECKING:
    from ..converter.conversion import Conversion, Report
    from ..converter.quantization import Target
    from ..model import Model, Tensor

__all__ = ["convert"]

_INFERENCE = ["FLOAT", "QUANTIZED_UINT8", "UINT8", "INT8"]


@click.command(cls=FlagCommand, context_settings=CONTEXT, short_help="Convert a TensorFlow graph or Keras model to .tflite.")
@click.argument("model", required=False, type=click.Path())
@click.option("--input_file", "--graph_def_file", type=click.Path(), help="A frozen GraphDef, binary or text.")
@click.option("--saved_model_dir", "--savedmodel_directory", type=click.Path(), help="A SavedModel's directory.")
@click.option("--keras_model_file", type=click.Path(), help="A Keras model, .keras or .h5.")
@click.option("--input_checkpoint", type=click.Path(), help="The checkpoint of a GraphDef that is not frozen.")
@click.option("--output_file", "--output", "-o", "output_file", required=True, type=click.Path(), help="Where the result goes.")
@click.option(
    "--input_array",
    "--input_arrays",
    "input_arrays",
    help="Names of the inputs, with commas.  [default: those of the signature, or all placeholders]",
)
@click.option(
    "--output_array",
    "--output_arrays",
    "output_arrays",
    help="Names of the outputs, with commas.  [default: those of the signature, or what nobody reads]",
)
@click.option(
    "--input_shape",
    "--input_shapes",
    "input_shapes",
    help="Shapes of the inputs in their order: numbers with commas, shapes with colons; -1 for what may vary.",
)
@click.option("--batch_size", type=click.IntRange(1), help="A number for every unknown first dimension.")
@switch("--variable_batch", help="Let the first dimension of every input vary, whatever its shape says.")
@click.option("--const", "constants", multiple=True, metavar="NAME=VALUE", help="A value for a placeholder, which is no input then.")
@click.option("--model_flags_file", type=click.Path(), help="A file of toco's flags: inputs, outputs, shapes, types, means.")
@click.option(
    "--saved_model_tag_set", "--saved_model_tags", "--savedmodel_tagset", "tags", help="Tags of the SavedModel's graph, with commas."
)
@click.option("--saved_model_signature_key", "signature_key", help="Which signature of the SavedModel.")
@click.option(
    "--input_format",
    type=click.Choice(["TENSORFLOW_GRAPHDEF", "TFLITE"]),
    help="The content tells; a note says if it is another.",
)
@click.option("--output_format", type=click.Choice(["TFLITE", "GRAPHVIZ_DOT"]), default="TFLITE", show_default=True, help="What to write.")
@click.option(
    "--inference_type",
    type=click.Choice(_INFERENCE),
    default="FLOAT",
    show_default=True,
    help="The type of arithmetic and weights.",
)
@click.option("--inference_input_type", type=click.Choice(_INFERENCE), help="The type of the inputs.  [default: inference_type]")
@click.option("--inference_output_type", type=click.Choice(_INFERENCE), help="The type of the outputs.  [default: inference_type]")
@click.option(
    "--input_data_type", "--input_data_types", "input_data_types", help="The types of inputs where the graph does not say, with commas."
)
@click.option("--input_type", "--input_types", "input_type", help="As both --input_data_types and --inference_input_type.")
@click.option("--mean_value", "--mean_values", "means", help="A number for each input: real = (stored - mean) / std.")
@click.option("--std_value", "--std_values", "--std_dev_value", "--std_dev_values", "stds", help="A number for each input.")
@click.option("--default_ranges_min", type=float, help="The least value of what has no range, to try quantization out.")
@click.option("--default_ranges_max", type=float, help="The greatest.")
@switch("--change_concat_input_ranges", help="Give the inputs of a concatenation its output's range.")
@switch("--reorder_across_fake_quant", help="Let ops be merged across FakeQuants that stand in unusual places.")
@switch("--drop_fake_quant", help="Leave FakeQuants out; a quantized file still takes their ranges.")
@switch("--allow_nudging_weights_to_use_fast_gemm_kernel", help="Let weights of 0 that stand too near to one another be 1.")
@switch("--allow_float_ops", help="Leave in float what has no quantized form or no range.")
@click.option(
    "--quantizer_style",
    type=click.Choice(["toco", "mlir"]),
    help="Whose ways: of TensorFlow's first converter or of 2.21.  [default: toco; mlir for weights]",
)
@switch("--post_training_quantize", "--quantize_weights", help="Store the weights of a float file as INT8.")
@switch("--quantize_to_float16", help="Store the weights of a float file as FLOAT16.")
@switch("--allow_code", help="Run code that the file holds, as of a Lambda layer; for files whose makers you trust.")
@switch("--allow_custom_ops", help="Let ops without a builtin form through, as custom ops.")
@click.option(
    "--dump", "--dump_graphviz", "--dump_graphviz_dir", "dump", type=click.Path(), help="A directory for the graph at each stage, as text."
)
@switch("--fuse_lstm", help="Make loops of LSTMs one operator, whose state lasts from run to run.")
@switch("--report", default=True, help="Show what was done.")
@switch("--allow_dynamic_tensors", default=True, help="Let shapes stay open; otherwise they are an error.")
@switch("--propagate_fake_quant_num_bits", help="Refuse FakeQuants of another width than 8 bits.")
@click.option("--custom_opdefs", help="OpDefs, as text with commas, of the ops that may become custom ops.")
@click.option("--target_ops", help="Which operators the file may have: TFLITE_BUILTINS, TFLITE_BUILTINS_INT8.")
@click.option("--experimental_select_user_tf_ops", help="Refused: TensorFlow's kernels are not part of tinylite.")
@switch("--enable_select_tf_ops", help="Taken as permission: ops without a builtin form are an error all the same.")
@switch("--force_select_tf_ops", help="Refused: TensorFlow's kernels are not part of tinylite.")
@click.option("--arrays_extra_info_file", help="Refused: put ranges into the graph.")
@click.option("--rnn_states", help="Refused: make states variables in the graph.")
@flags_without_effect
def convert(
    model: str | None, input_file: str | None, saved_model_dir: str | None, keras_model_file: str | None, input_checkpoint: str | None,
    output_file: str, input_arrays: str | None, output_arrays: str | None, input_shapes: str | None, batch_size: int | None,
    variable_batch: bool, constants: Sequence[str], model_flags_file: str | None, tags: str | None, signature_key: str | None,
    input_format: str | None, output_format: str, inference_type: str, inference_input_type: str | None,
    inference_output_type: str | None, input_data_types: str | None, input_type: str | None, means: str | None, stds: str | None,
    default_ranges_min: float | None, default_ranges_max: float | None, change_concat_input_ranges: bool,
    reorder_across_fake_quant: bool, drop_fake_quant: bool, allow_nudging_weights_to_use_fast_gemm_kernel: bool, allow_float_ops: bool,
    quantizer_style: str | None, post_training_quantize: bool, quantize_to_float16: bool, allow_code: bool, allow_custom_ops: bool,
    fuse_lstm: bool, dump: str | None, report: bool, allow_dynamic_tensors: bool, propagate_fake_quant_num_bits: bool,
    custom_opdefs: str | None,
    target_ops: str | None, experimental_select_user_tf_ops: str | None, enable_select_tf_ops: bool, force_select_tf_ops: bool,
    arrays_extra_info_file: str | None, rnn_states: str | None,
) -> None:  # fmt: skip
    """Convert MODEL to a .tflite file.

    MODEL, or the file that a flag names, is a frozen GraphDef (.pb or .pbtxt), a SavedModel, a Keras model (.keras or .h5),
    a GraphDef with its checkpoint, or a float .tflite file to be quantized; its content tells which. Only frozen GraphDefs
    and .tflite files need no TensorFlow. The flags are those of toco and tflite_convert, in any letter case.

    \b
    Examples:
      tinylite convert frozen.pb -o model.tflite
      tinylite convert --graph_def_file=a.pb --input_arrays=x --output_arrays=softmax --output_file=a.tflite
      tinylite convert --saved_model_dir=export --input_shapes=-1,224,224,3 --output_file=model.tflite
      tinylite convert a.pb --input_arrays=image --input_data_types=UINT8 --const phase_train=false -o a.tflite
      tinylite convert a.pb --inference_type QUANTIZED_UINT8 --mean_values 128 --std_dev_values 128 -o a.tflite
      tinylite convert float.tflite --post_training_quantize -o small.tflite
      tinylite convert graph.pbtxt --input_checkpoint model.ckpt --output_arrays softmax -o model.tflite
    """
    given = [path for path in (model, input_file, saved_model_dir, keras_model_file) if path is not None]
    if len(given) != 1:
        raise click.UsageError("give one file to convert: MODEL, --graph_def_file, --saved_model_dir or --keras_model_file")
    if inference_type.upper() != "FLOAT":
        if post_training_quantize:  # as tflite_convert
            _note(f"--post_training_quantize makes a float file, whatever --inference_type {inference_type} says")
            inference_type = "FLOAT"
        elif quantize_to_float16:
            raise click.UsageError(f"--quantize_to_float16 makes a float file, and --inference_type {inference_type} does not: give one")
    if variable_batch and batch_size is not None:
        raise click.UsageError("--variable_batch leaves open what --batch_size fixes: give one")
    check_refused(
        target_ops, experimental_select_user_tf_ops, enable_select_tf_ops, force_select_tf_ops, arrays_extra_info_file, rnn_states
    )
    from ..converter.quantization import target

    told = ModelFlags() if model_flags_file is None else read_model_flags(model_flags_file)
    asked_inputs, asked_outputs = _list(input_arrays) or told.inputs or None, _list(output_arrays) or told.outputs or None
    shapes = _shapes(input_shapes) or told.shapes

    def wanted(names: list[str], types: list[str | None]) -> Target:
        """What is asked for, of a model with inputs of these names and types."""
        found = target(
            inference_type, inference_input_type or quantized_type(input_type, data_types(names), types), inference_output_type,
            input_stats={**told.stats, **_stats(names, means, stds)}, default_range=_default_range(default_ranges_min, default_ranges_max),
            style=quantizer_style, store="FLOAT16" if quantize_to_float16 else "INT8" if post_training_quantize else None,
            allow_float_ops=allow_float_ops, change_concat_inputs=change_concat_input_ranges or told.change_concat_input_ranges,
            nudge_weights=allow_nudging_weights_to_use_fast_gemm_kernel,
        )  # fmt: skip
        if found.integers is None:
            of_integers = _OF_INTEGERS if found.input_type not in (None, "FLOAT32") else {**_OF_INTEGERS, "means": "--mean_values"}
            _note_unused(of_integers, "on a float file; --inference_type makes one of integers")
        if found.integers is None and found.weights is None:
            _note_unused({"quantizer_style": "--quantizer_style"}, "on a float file whose weights stay as they are")
        return found

    def data_types(names: list[str]) -> dict[str, str]:
        """The types that are given for inputs, by name."""
        return {**told.types, **types_by_name(names, input_data_types or types_of_data(input_type))}

    with at(given[0]):
        kind = kind_of(given[0])
    if input_format is not None and (kind.id == "tflite") != (input_format == "TFLITE"):
        _note(f"--input_format {input_format} has no effect: {given[0]} is {kind.text}")
    if kind.id == "tflite":
        _note_unused(_OF_GRAPHS, "on a .tflite file, which has been converted")
        made = _of_float_file(given[0], wanted, asked_inputs, asked_outputs, shapes)
        before = Path(given[0]).stat().st_size  # which may be the file that is written
        size = _write(made, output_file, output_format)
        echo(f"written: {output_file} ({size} bytes, from {before})")
        return
    from ..converter.conversion import Arrays, Conversion, guessed_inputs, input_types
    from ..converter.sources import source_of
    from ..converter.translate import Settings
    from ..files import check_not_source

    check_not_source(output_file, given[0])
    started = time.perf_counter()
    with _Progress() as progress:
        fixed = values_by_name(constants)
        source = source_of(
            given[0], asked_inputs, asked_outputs, checkpoint=input_checkpoint, signature_key=signature_key, tags=_list(tags),
            allow_code=allow_code,
        )  # fmt: skip
        if source.inputs is None or source.signature_key is None:
            _note_unused({"signature_key": "--saved_model_signature_key", "tags": "--saved_model_tags"}, "on what is not a SavedModel")
        if propagate_fake_quant_num_bits:
            check_widths(source.graph_def)
        inputs = (source.inputs or Arrays(guessed_inputs(source.graph_def))).without(fixed)
        file = wanted(inputs.names, input_types(source.graph_def, inputs.names))
        conversion = Conversion(
            source.graph_def, inputs, source.outputs, shapes=shapes, types=data_types(inputs.names), constants=fixed,
            batch_size=-1 if variable_batch else batch_size,
            settings=Settings(
                allow_custom_ops, frozenset(op_names(custom_opdefs or "")), fuse_lstm=fuse_lstm,
                drop_fake_quants=drop_fake_quant and file.integers is None,
            ),
            integers=file.integers, reorder_across_fake_quants=reorder_across_fake_quant or drop_fake_quant,
            signature_key=source.signature_key, dump=dump, progress=progress.stage,
        )  # fmt: skip
        conversion.model = file.finished(conversion.model)
        if not allow_dynamic_tensors:
            check_shapes(conversion.model)
    size = _write(conversion.model, output_file, output_format)
    if report:
        _show(conversion, size, time.perf_counter() - started)
    echo(f"written: {output_file}")


# Options by what they are about, with the flags that give them.
_OF_INTEGERS = {
    "default_ranges_min": "--default_ranges_min", "change_concat_input_ranges": "--change_concat_input_ranges",
    "allow_nudging_weights_to_use_fast_gemm_kernel": "--allow_nudging_weights_to_use_fast_gemm_kernel",
    "allow_float_ops": "--allow_float_ops",
}  # fmt: skip
_OF_GRAPHS = {
    name: f"--{name}" for name in (
        "input_checkpoint", "batch_size", "variable_batch", "reorder_across_fake_quant", "drop_fake_quant", "allow_custom_ops",
        "custom_opdefs", "dump", "fuse_lstm", "allow_dynamic_tensors", "propagate_fake_quant_num_bits",
    )
} | {"constants": "--const", "signature_key": "--saved_model_signature_key", "tags": "--saved_model_tags"}  # fmt: skip


def _note(text: str) -> None:
    echo(f"Note: {text}", err=True)


def _note_unused(flags: dict[str, str], where: str) -> None:
    """Say which of these flags, by the names of their parameters, are given and have no effect."""
    context = click.get_current_context()
    for name, flag in flags.items():
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            _note(f"{flag} has no effect {where}")


def _of_float_file(
    path: str, wanted: Callable[[list[str], list[str | None]], Target], inputs: list[str] | None, outputs: list[str] | None,
    shapes: list[tuple[int, ...]] | Mapping[str, Sequence[int] | None],
) -> Model:  # fmt: skip
    """A float .tflite file's model, quantized. It has the inputs and outputs that it has: what else is asked for is refused."""
    from ..model import Model as Loaded

    model = Loaded.load(path)
    given = _ends(path, "input", inputs, model.graph.inputs)
    _ends(path, "output", outputs, model.graph.outputs)
    own = ([tuple(tensor.shape) for tensor in given], [tuple(tensor.signature) for tensor in given])
    asked = list(shapes.values() if isinstance(shapes, Mapping) else shapes)
    if asked and [shape and tuple(shape) for shape in asked] not in own:
        raise SettingError(f"--input_shapes are others than those of {path}", "A .tflite file keeps its shapes: leave the flag out")
    file = wanted([str(tensor.name) for tensor in given], [str(tensor.type) for tensor in given])
    if file.integers is None and file.weights is None and file.input_type in (None, "FLOAT32"):
        raise SettingError(
            f"{path} is a .tflite file already, and nothing is asked of it",
            "Give --post_training_quantize, --quantize_to_float16, --inference_type or --inference_input_type",
        )
    with at(path):
        made = file.of_float_model(model)
    if made == model:
        least = f" of {file.weights.least_elements} elements or more" if file.weights is not None and file.weights.type == "INT8" else ""
        _note(f"{path} has no float weights{least}, and stays as it is")
    return made


def _ends(path: str, what: str, names: list[str] | None, tensors: list[Tensor]) -> list[Tensor]:
    """A file's inputs or outputs in the order that was asked for."""
    known = {str(tensor.name).removesuffix(":0"): tensor for tensor in tensors}
    asked = list(known) if names is None else [name.removesuffix(":0") for name in names]
    if sorted(asked) != sorted(known):
        raise SettingError(
            f"--{what}_arrays are {', '.join(names or ())}, and {path} has {', '.join(str(tensor.name) for tensor in tensors)}",
            "A .tflite file keeps the inputs and outputs that it has: leave the flag out",
        )
    return [known[name] for name in asked]


def _list(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _numbers(text: str | None, flag: str) -> list[float]:
    try:
        return [float(part) for part in _list(text) or ()]
    except ValueError:
        raise click.BadParameter(f"{text!r} are no numbers", param_hint=flag) from None


def _stats(names: list[str], means: str | None, stds: str | None) -> dict[str, tuple[float, float]]:
    """Mean and std by input; one pair serves all inputs."""
    first, second = _numbers(means, "--mean_values"), _numbers(stds, "--std_dev_values")
    if len(first) != len(second):
        raise click.UsageError(f"{len(first)} --mean_values and {len(second)} --std_dev_values: give a pair for each input")
    if first and len(first) not in (1, len(names)):
        raise click.UsageError(f"{len(first)} --mean_values for {len(names)} inputs: {', '.join(names)}")
    pairs = list(zip(first, second, strict=True))
    return dict(zip(names, pairs * len(names) if len(pairs) == 1 else pairs, strict=False))


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
            raise click.BadParameter(f"{part!r} is no shape", param_hint="--input_shapes") from None
    return shapes


def _write(model: Model, path: str, format: str) -> int:
    if format == "GRAPHVIZ_DOT":
        from ..converter.dot import dot
        from ..files import write_whole

        write_whole(path, [dot(model).encode()])
    else:
        model.save(path)
    return Path(path).stat().st_size


class _Progress:
    """A line on the terminal that says which stage the work is at, once it takes a while."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.shown = False

    def __enter__(self) -> _Progress:
        return self

    def stage(self, name: str, done: int, total: int) -> None:
        if not is_terminal(sys.stderr) or time.perf_counter() - self.started < 1 or (done and done % 100 and done != total):
            return
        count = f" {done} of {total} nodes" if total else ""
        click.echo(f"\r\x1b[K{name}{count}", nl=False, err=True)
        self.shown = True

    def __exit__(self, *error: object) -> None:
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _show(conversion: Conversion, size: int, seconds: float) -> None:
    from rich.table import Table

    from ..describe import time_text
    from ..limits import size_text
    from ..terminal import console, shown

    report, model = conversion.report, conversion.model
    table = Table("TensorFlow", "nodes", "tinylite", "ops", title="what became of the graph", title_justify="left")
    before, after = report.nodes.most_common(), report.ops.most_common()
    for row in range(max(len(before), len(after))):
        left = before[row] if row < len(before) else ("", "")
        right = after[row] if row < len(after) else ("", "")
        table.add_row(*shown([left[0], str(left[1]), right[0], str(right[1])]))
    table.add_section()
    table.add_row("all", str(report.nodes.total()), "all", str(report.ops.total()))
    console().print(table)
    echo(f"constants folded: {report.folded} nodes")
    for name, count in _changes(report):
        echo(f"{name.replace('_', ' ')}: {count}")
    for what, tensors in (("input", model.graph.inputs), ("output", model.graph.outputs)):
        for tensor in tensors:
            shape = "x".join("?" if dim < 0 else str(dim) for dim in tensor.signature) or "scalar"
            echo(f"{what} {tensor.name}: {tensor.type} {shape}")
    echo(f"{size_text(size)}, of which {size_text(report.constant_bytes)} constants; {time_text(seconds)}")


def _changes(report: Report) -> list[tuple[str, int]]:
    return [(name, count) for name, count in report.changes.items() if count]
