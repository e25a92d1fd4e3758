"""`tinylite freeze`, which takes the options of TensorFlow's freeze_graph by their names."""

from __future__ import annotations

import click

from .base.flags import FlagCommand, switch, without_effect
from .base.terminal import CONTEXT, echo

__all__ = ["freeze"]


def _names(_: click.Context, __: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


_path = click.Path()


@click.command(cls=FlagCommand, context_settings=CONTEXT, short_help="Join a TensorFlow graph with its values (needs TensorFlow).")
@click.argument("source", required=False, type=_path)
@click.option("--input_graph", type=_path, help="A GraphDef, .pb or .pbtxt.")
@click.option("--input_meta_graph", type=_path, help="A MetaGraphDef, .meta; the checkpoint beside it is used by itself.")
@click.option("--input_saved_model_dir", type=_path, help="The directory of a SavedModel.")
@click.option("--keras_model_file", type=_path, help="A Keras model, .keras or .h5.")
@click.option("--input_checkpoint", type=_path, help="A checkpoint: the name that its files share, one of them, or their directory.")
@click.option("--input_saver", type=_path, help="A SaverDef, if the graph has several savers.")
@click.option("--output_graph", "--output", "-o", type=_path, required=True, help="The file to write: text if it ends in .pbtxt.")
@click.option("--output_node_names", callback=_names, metavar="A,B", help="The graph's outputs, by node.")
@click.option("--saved_model_tags", callback=_names, metavar="A,B", help="The tags of the SavedModel's graph.  [default: serve]")
@click.option("--saved_model_signature_key", metavar="KEY", help="The SavedModel's signature.  [default: serving_default, or the only one]")
@click.option("--initializer_nodes", callback=_names, metavar="A,B", help="Nodes to run before freezing, after the values are restored.")
@click.option("--variable_names_whitelist", "--variable_names_allowlist", callback=_names, metavar="A,B", help="Freeze these alone.")
@click.option("--variable_names_blacklist", "--variable_names_denylist", callback=_names, metavar="A,B", help="Do not freeze these.")
@switch("--allow_code", help="Run code that the file holds, as of a Lambda layer; for files whose makers you trust.")
@switch("--clear_devices", default=True, show_default=True, help="Drop the devices that the graph asks for.")
@switch("--input_binary", default=None, help="Whether graphs are in binary; detected from their content anyway.")
@without_effect("--checkpoint_version", help="No effect: both versions are read.")
@without_effect("--restore_op_name", help="No effect: values are read from the checkpoint itself.")
@without_effect("--filename_tensor_name", help="No effect, as --restore_op_name.")
def freeze(
    source: str | None, input_graph: str | None, input_meta_graph: str | None, input_saved_model_dir: str | None,
    keras_model_file: str | None, input_checkpoint: str | None, input_saver: str | None, output_graph: str,
    output_node_names: list[str] | None, saved_model_tags: list[str] | None, saved_model_signature_key: str | None,
    initializer_nodes: list[str] | None, variable_names_whitelist: list[str] | None, variable_names_blacklist: list[str] | None,
    allow_code: bool, clear_devices: bool, input_binary: bool | None,
) -> None:  # fmt: skip
    """Join a TensorFlow graph with the values of its variables, and write the frozen graph.

    SOURCE is a graph, the directory of a SavedModel, or a Keras model; or the option of its kind names it. This takes the options
    of TensorFlow's freeze_graph, and needs TensorFlow: pip install 'tinylite[tensorflow]'.

    \b
    Examples:
      tinylite freeze --input_graph=graph.pbtxt --input_checkpoint=model.ckpt-1000 --output_node_names=softmax
          --output_graph=frozen.pb
      tinylite freeze --input_saved_model_dir=saved --output_graph=frozen.pb
      tinylite freeze model.keras -o frozen.pb
    """
    sources = [path for path in (source, input_graph, input_meta_graph, input_saved_model_dir, keras_model_file) if path]
    if len(sources) != 1:
        raise click.UsageError(
            "Say what to freeze: SOURCE, --input_graph, --input_meta_graph, --input_saved_model_dir or --keras_model_file"
            + (f"; one of them, not {len(sources)}" if sources else "")
        )
    from ..freezing import dispatch, files

    if input_binary is not None and files.source_kind(sources[0]) in ("graph", "meta graph") and files.is_text(sources[0]) is input_binary:
        form = "text" if input_binary else "binary"
        echo(f"Note: {sources[0]} is {form}, whatever --input_binary says, and is read as {form}", err=True)
    frozen = dispatch.freeze(
        sources[0],
        output_node_names,
        checkpoint=input_checkpoint,
        saver=input_saver,
        signature_key=saved_model_signature_key,
        tags=saved_model_tags,
        initializer_nodes=initializer_nodes or (),
        clear_devices=clear_devices,
        variable_names_whitelist=variable_names_whitelist,
        variable_names_blacklist=variable_names_blacklist or (),
        output_graph=output_graph,
        allow_code=allow_code,
    )
    for what, tensors in (("input", frozen.inputs), ("output", frozen.outputs)):
        for tensor in tensors:
            shape = (
                "of any shape" if tensor.shape is None else "x".join("?" if size < 0 else str(size) for size in tensor.shape) or "scalar"
            )
            echo(f"{what} {tensor.key}: {tensor.dtype or 'of a type that the graph does not say'} {shape}, {tensor.name}")
    if frozen.variables:
        echo(f"Note: these stay variables, as the graph writes them or as was asked: {', '.join(frozen.variables)}", err=True)
    if frozen.initializer:
        echo(f"Note: the node {frozen.initializer!r} sets up variables and tables: run it once before the graph", err=True)
    echo(f"written: {output_graph} ({len(frozen.graph_def.node)} nodes)")
