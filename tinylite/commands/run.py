"""`tinylite run`: a model on files, and what comes out."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..errors import FileError, at
from ..terminal import CONTEXT, echo
from .profile_table import show_profile

if TYPE_CHECKING:
    from ..run import Session

__all__ = ["run"]


@click.command(context_settings=CONTEXT)
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--mean", type=float, help="Subtract this from pixels (0..255) or samples (-1..1).  [default: 0 if --std is given]")
@click.option("--std", type=float, help="Then divide by this.  [default: 1 if --mean is given]")
@click.option("--raw", is_flag=True, help="Take the bytes of pixels as the bytes of an 8-bit input.")
@click.option(
    "--resize",
    type=click.Choice(["stretch", "crop", "pad", "none"]),
    default="stretch",
    show_default=True,
    help="How a picture gets the input's size.",
)
@click.option("--top", "top", type=click.IntRange(1), default=5, show_default=True, help="How many classes to show.")
@click.option(
    "--labels",
    type=click.Path(exists=True, dir_okay=False),
    help="Class names, a line each.  [default: the model's attached label file, if any]",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Write an output, the first or NAME: .npy as an array, .png or .jpg as a picture; .npz takes all. May be repeated.",
)
@click.option("--signature", metavar="KEY", help="Call inputs and outputs as this signature does.  [default: the first]")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads that share the work.")
@click.option("--exact", is_flag=True, help="Round floats, too, as LiteRT's reference kernels do.")
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Run this many times and show the median time.")
@click.option("--profile", "profiled", is_flag=True, help="Show the time of each op.")
@click.option("--random", "seed", type=click.IntRange(0), metavar="SEED", help="Feed random values to inputs that have no file.")
def run(
    model: str, files: tuple[str, ...], mean: float | None, std: float | None, raw: bool, resize: str, top: int, labels: str | None,
    outputs: tuple[str, ...], signature: str | None, threads: int, exact: bool, repeat: int, profiled: bool, seed: int | None,
) -> None:  # fmt: skip
    """Run MODEL on files and show what comes out.

    INPUT is a picture, a .wav sound, or an .npy or .npz file: for the model's inputs in their order, or as NAME=FILE or
    NUMBER=FILE for one of them, counted from 0. An .npz file goes to the inputs whose names its arrays have.

    Pictures get the input's size. Their pixels become -1..1 in a float input and fill the whole range of a quantized
    one; with --mean and --std they become (pixel - mean) / std, quantized if the input is. Sound is not resampled: it should
    have the rate that the model was made for. Float arrays for quantized inputs are quantized.

    \b
    Examples:
      tinylite run mobilenet.tflite cat.jpg --labels labels.txt
      tinylite run style.tflite photo.jpg --mean 127.5 --std 127.5 -o painted.png
      tinylite run speech.tflite samples=yes.wav --top 3
      tinylite run detector.tflite image=street.png -o boxes=boxes.npy --repeat 20
    """
    from ..describe import time_text
    from ..interpreter import Interpreter, OpResolverType
    from ..media import Scaling
    from ..run import Session

    scaling = None
    if mean is not None or std is not None:
        scaling = Scaling(0.0 if mean is None else mean, 1.0 if std is None else std)
        if scaling.std == 0:
            raise click.BadParameter("it must not be 0", param_hint="--std")
    if raw and scaling is not None:
        raise click.UsageError("--raw takes pixels as they are, so --mean and --std have nothing to do")
    resolver = OpResolverType.BUILTIN_REF if exact else OpResolverType.AUTO
    session = Session(Interpreter(model, num_threads=threads, experimental_op_resolver_type=resolver), signature)
    targets = [session.target(entry) for entry in outputs]
    session.feed(files, scaling, resize, raw, seed)
    seconds = statistics.median(_with_progress(session.runs(repeat), repeat))
    names = _labels(session, labels)
    for name, values, details in session.outputs():
        _show_output(name, values, details, names, top)
    for path, chosen in targets:
        session.write(path, chosen, scaling)
        echo(f"written: {path}")
    many = f", the median of {repeat} runs" if repeat > 1 else ""
    echo(f"{time_text(seconds)}{many}, {threads} {'thread' if threads == 1 else 'threads'}")
    if profiled:
        show_profile(session.interpreter, max(repeat, 10))


def _labels(session: Session, path: str | None) -> list[str]:
    """The class names of a file that was given, or of one attached to the model; there it may be damaged, and the run goes on."""
    from ..files import content_of
    from ..run import labels_of

    if path is not None:
        with at(path):
            return labels_of(bytes(content_of(path)))
    for name, content in session.attached_labels():
        try:
            return labels_of(content)
        except FileError as error:
            echo(f"Note: {name!r}, which is attached to the model, is not used: {error.problem}", err=True)
    return []


def _with_progress(times: Iterator[float], total: int) -> list[float]:
    """All of the times, with a bar on the terminal while that takes long."""
    taken: list[float] = []
    started = time.perf_counter()
    hidden = not sys.stderr.isatty() or bool(os.environ.get("TINYLITE_QUIET"))
    for seconds in times:
        taken.append(seconds)
        spent = time.perf_counter() - started
        if not hidden and spent > 1 and spent / len(taken) * total > 3:
            with click.progressbar(times, length=total - len(taken), label="running", file=sys.stderr) as rest:
                taken.extend(rest)
    return taken


def _show_output(name: str, values: np.ndarray, details: dict[str, Any], labels: Sequence[str], top: int) -> None:
    from ..media import real_values

    real = real_values(values, details)
    shape = "x".join(map(str, values.shape)) or "scalar"
    echo(f"{name}: {values.dtype} {shape}", bold=True)
    if not values.size:
        echo("  empty")
        return
    vector = real.reshape(-1) if real.ndim <= 1 or real.size == real.shape[-1] else None
    if vector is None:
        echo(f"  from {real.min():.5g} to {real.max():.5g}, mean {real.mean():.5g}")
    elif vector.size == 1:
        echo(f"  {vector[0]:.6g}" if real.dtype.kind == "f" else f"  {vector[0]}")
    elif real.dtype.kind != "f":
        echo(f"  {' '.join(map(str, vector[:top]))}{' ...' if vector.size > top else ''}")
    else:
        if len(labels) == vector.size - 1:
            echo(
                f"Note: {name} has {vector.size} classes and there are {len(labels)} labels; if class 0 is the background, "
                "give it the first line of the labels",
                err=True,
            )
        for index in np.argsort(-vector.astype(np.float64), kind="stable")[:top]:
            label = labels[index] if index < len(labels) else ""
            echo(f"  {vector[index]:10.5g}  {index:>4}  {label}".rstrip())
