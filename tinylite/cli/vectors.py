"""`tinylite vectors`: test vectors of a model or of its ops, for tests of kernels, compilers and hardware."""

from __future__ import annotations

from typing import Any

import click

from ..arithmetic import ARITHMETICS, REFERENCE
from .base.terminal import CONTEXT, echo, echo_json

__all__ = ["vectors"]

# Those of tinylite/test_vectors/formats/, which tests compare, so that --help imports nothing.
_FORMATS = ("arm", "bin", "c", "cmsis", "coe", "csv", "memh", "npy", "npz", "tflm")


@click.command(context_settings=CONTEXT, short_help="Write test vectors of MODEL or of its ops.")
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--output", "-o", "output", required=True, metavar="DIR", help="The folder to write, which must be new or empty.")
@click.option("--format", "format", type=click.Choice(_FORMATS), required=True, help="What the files are: see docs/vectors.md.")
@click.option("--op", type=click.IntRange(0), metavar="N", help="Of this op of the first graph, as tinylite inspect counts them.")
@click.option("--each", is_flag=True, help="Of each op, in a folder within.")
@click.option(
    "--random",
    "--seed",
    "seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the random values of inputs that have no file.",
)
@click.option("--cases", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many runs, with seeds from --seed on.")
@click.option(
    "--arithmetic", type=click.Choice(sorted(ARITHMETICS)), default=REFERENCE.name, show_default=True, help="How results are rounded."
)
@click.option("--bus", type=click.IntRange(8), metavar="BITS", help="Of memh and coe: bits of a line.  [default: those of an element]")
@click.option(
    "--lanes",
    type=click.Choice(["lsb-first", "msb-first"]),
    default="lsb-first",
    show_default=True,
    help="Of a bus: where the first element of a line is.",
)
@click.option("--layout", metavar="AXES", help="Of memh, coe and bin: the order of four axes, such as nchw.  [default: nhwc]")
@click.option("--overwrite", is_flag=True, help="Replace the folder if it holds test vectors and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print what manifest.json holds.")
def vectors(
    model: str, files: tuple[str, ...], output: str, format: str, op: int | None, each: bool, seed: int, cases: int, arithmetic: str,
    bus: int | None, lanes: str, layout: str | None, overwrite: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write test vectors of MODEL: inputs, weights, outputs and the stages between, as files that tests of kernels and hardware read.

    Without --op and --each: the inputs and outputs of the whole model. INPUT is as in tinylite run; inputs without one get random
    values. manifest.json says of each file what it holds, with its SHA-256, scale and zero point, and by which arithmetic.

    \b
    Examples:
      tinylite vectors model.tflite --op 3 --format cmsis --arithmetic cmsis-nn -o TestData/conv_3
      tinylite vectors model.tflite --each --format memh --bus 128 --layout nchw -o rtl
      tinylite vectors model.tflite cat.png --format arm -o regression
    """
    from ..test_vectors import vectors as write
    from .base.inputs import inputs_of

    if files and cases > 1:
        raise click.UsageError("--cases is of random inputs, and files are given for one run")
    if op is not None and each:
        raise click.UsageError("--op is of one op, and --each of all")
    manifest = write(
        model, output, format=format, op=op, each=each, inputs=inputs_of(model, files, seed) if files else None, seed=seed, cases=cases,
        arithmetic=arithmetic, bus=bus, lanes=lanes, layout=layout, overwrite=overwrite,
    )  # fmt: skip
    if as_json:
        echo_json(manifest, indent=1)
        return
    for made in manifest["sets"]:
        _show(output, made, manifest)
    for skipped in manifest["skipped"]:
        echo(f"Note: op {skipped['op']} {skipped['operator']} is left out: {skipped['reason']}", err=True)
    for note in manifest["notes"]:
        echo(f"Note: {note}", err=True)


def _show(output: str, made: dict[str, Any], manifest: dict[str, Any]) -> None:
    """A line for each op, or one for the whole model."""
    held = [file for file in manifest["files"] if file["path"].startswith(made["folder"])]
    roles = dict.fromkeys(vector["role"] for file in held for vector in file["vectors"])
    what = "the whole model" if made["op"] is None else f"op {made['op']} {made['operator']}"
    folder = f"{output.rstrip('/')}/{made['folder']}".rstrip("/")
    echo(f"written: {folder}: {what}, {len(held)} {'file' if len(held) == 1 else 'files'}: {', '.join(roles)}")
