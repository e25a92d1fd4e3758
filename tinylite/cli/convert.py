"""`tinylite convert`: the command line of the converter, with the flags of toco and tflite_convert."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import SettingError, at
from ..text import is_terminal
from .base.flags import FlagCommand, switch
from .base.terminal import CONTEXT, echo
from .base.toco_flags import flags_without_effect

if TYPE_CHECKING:
    from ..converter.conversion import Report
    from ..converter.job import Job
    from ..model import Model

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
    help="Names of the inputs, with commas.  [default: the signature's inputs, or all placeholders]",
)
@click.option(
    "--output_array",
    "--output_arrays",
    "output_arrays",
    help="Names of the outputs, with commas.  [default: the signature's outputs, or nodes with no consumers]",
)
@click.option(
    "--input_shape",
    "--input_shapes",
    "input_shapes",
    help="Shapes of the inputs in their order: numbers with commas, shapes with colons; -1 for what may vary.",
)
@click.option("--batch_size", type=click.IntRange(1), help="A number for every unknown first dimension.")
@switch("--variable_batch", help="Make the first dimension of every input dynamic, whatever its shape says.")
@click.option("--const", "constants", multiple=True, metavar="NAME=VALUE", help="A value for a placeholder, which is then not an input.")
@click.option("--model_flags_file", type=click.Path(), help="A file of toco's flags: inputs, outputs, shapes, types, means.")
@click.option(
    "--saved_model_tag_set", "--saved_model_tags", "--savedmodel_tagset", "tags", help="Tags of the SavedModel's graph, with commas."
)
@click.option("--saved_model_signature_key", "signature_key", help="Which signature of the SavedModel.")
@click.option(
    "--input_format",
    type=click.Choice(["TENSORFLOW_GRAPHDEF", "TFLITE"]),
    help="Identified from the content; a note says if it differs.",
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
@switch("--reorder_across_fake_quant", help="Allow ops to be merged across FakeQuants in unusual places.")
@switch("--drop_fake_quant", help="Leave FakeQuants out; a quantized file still takes their ranges.")
@switch("--allow_nudging_weights_to_use_fast_gemm_kernel", help="Allow weights of 0 that are too close to one another to become 1.")
@switch("--allow_float_ops", help="Leave in float what has no quantized kernel or no range.")
@click.option(
    "--quantizer_policy",
    type=click.Choice(["toco", "mlir"]),
    help="Decide as TensorFlow's first converter or as 2.21.  [default: toco; mlir for weights]",
)
@switch("--post_training_quantize", "--quantize_weights", help="Store the weights of a float file as INT8.")
@switch("--quantize_to_float16", help="Store the weights of a float file as FLOAT16.")
@switch("--allow_code", help="Run code that the file holds, as of a Lambda layer; for files whose makers you trust.")
@switch("--allow_custom_ops", help="Pass ops without a builtin operator through, as custom ops.")
@click.option(
    "--dump", "--dump_graphviz", "--dump_graphviz_dir", "dump", type=click.Path(), help="A directory for the graph at each stage, as text."
)
@switch("--fuse_lstm", help="Make loops of LSTMs one operator, whose state lasts from run to run.")
@switch("--report", default=True, help="Show what was done.")
@switch("--allow_dynamic_tensors", default=True, help="Allow dynamic shapes; otherwise they are an error.")
@switch("--propagate_fake_quant_num_bits", help="Refuse FakeQuants of another width than 8 bits.")
@click.option("--custom_opdefs", help="OpDefs, as text with commas, of the ops that may become custom ops.")
@click.option("--target_ops", help="Which operators the file may have: TFLITE_BUILTINS, TFLITE_BUILTINS_INT8.")
@click.option("--experimental_select_user_tf_ops", help="Refused: TensorFlow's kernels are not part of tinylite.")
@switch("--enable_select_tf_ops", help="Taken as permission: ops without a builtin operator are an error all the same.")
@switch("--force_select_tf_ops", help="Refused: TensorFlow's kernels are not part of tinylite.")
@click.option("--arrays_extra_info_file", help="Refused: put ranges into the graph.")
@click.option("--rnn_states", help="Refused: make states variables in the graph.")
@flags_without_effect
def convert(**flags: Any) -> None:
    """Convert MODEL to a .tflite file.

    MODEL, or the file that a flag names, is a frozen GraphDef (.pb or .pbtxt), a SavedModel, a Keras model (.keras or .h5),
    a GraphDef with its checkpoint, or a float .tflite file to be quantized; identified from its content. Only frozen GraphDefs
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
    from ..converter.job import Job
    from .base.convert_flags import request_of

    request = request_of(flags)
    started = time.perf_counter()
    _note_format(request.source, flags["input_format"])
    with _Progress() as progress:
        job = Job(request)
        _note_flags(job)
        if job.float_model is not None:
            _convert_float_model(job)
            return
        model = job.run(progress.stage)
    job.write(model)
    if flags["report"] and job.report is not None:
        _show(model, job.report, Path(flags["output_file"]).stat().st_size, time.perf_counter() - started)
    echo(f"written: {flags['output_file']}")


def _convert_float_model(job: Job) -> None:
    path, output = job.request.source, job.request.output
    assert output is not None and job.float_model is not None
    before = Path(path).stat().st_size  # which may be the file that is written
    model, weights = job.run(), job.target.weights
    if model == job.float_model:
        least = f" of {weights.least_elements} elements or more" if weights is not None and weights.type == "INT8" else ""
        _note(f"{path} has no float weights{least}, and stays as it is")
    job.write(model)
    echo(f"written: {os.fspath(output)} ({Path(output).stat().st_size} bytes, from {before})")


# Options by what they are about, with the flags that set them.
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
    """Note the flags among these, by the names of their parameters, that are given and have no effect."""
    context = click.get_current_context()
    for name, flag in flags.items():
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            _note(f"{flag} has no effect {where}")


def _note_format(path: str, wanted: str | None) -> None:
    from ..files.file_formats import detect_format

    with at(path):
        kind = detect_format(path)
    if wanted is not None and (kind.id == "tflite") != (wanted == "TFLITE"):
        _note(f"--input_format {wanted} has no effect: {path} is {kind.text}")


def _note_flags(job: Job) -> None:
    """Note the flags that have no effect on what is made. Raises UsageError for flags that do not go with the source's inputs."""
    if job.source is None:
        _note_unused(_OF_GRAPHS, "on a .tflite file, which has been converted")
    elif job.source.inputs is None or job.source.signature_key is None:
        _note_unused({"signature_key": "--saved_model_signature_key", "tags": "--saved_model_tags"}, "on what is not a SavedModel")
    try:
        target = job.target
    except SettingError as error:
        raise click.UsageError(str(error)) from None
    if target.full_integer is None:
        of_integers = _OF_INTEGERS if target.input_type not in (None, "FLOAT32") else {**_OF_INTEGERS, "means": "--mean_values"}
        _note_unused(of_integers, "on a float file; --inference_type makes one of integers")
    if target.quantization is None:
        _note_unused({"quantizer_policy": "--quantizer_policy"}, "on a float file whose weights stay as they are")


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


def _show(model: Model, report: Report, size: int, seconds: float) -> None:
    from rich.table import Table

    from ..limits import size_text
    from ..report.describe import time_text
    from .base.terminal import console, shown

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
            shape = "x".join("?" if dim < 0 else str(dim) for dim in tensor.dynamic_shape) or "scalar"
            echo(f"{what} {tensor.name}: {tensor.type} {shape}")
    echo(f"{size_text(size)}, of which {size_text(report.constant_bytes)} constants; {time_text(seconds)}")


def _changes(report: Report) -> list[tuple[str, int]]:
    return [(name, count) for name, count in report.changes.items() if count]
