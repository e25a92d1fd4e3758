"""The command line: run, inspect, demo; others are in commands/. It does nothing that the library cannot do."""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from . import __version__
from .commands.convert import convert
from .commands.freeze import freeze
from .commands.ops import ops
from .commands.view import view
from .errors import FileError, TinyliteError, at
from .terminal import CONTEXT, console, echo, shown
from .text import printable

if TYPE_CHECKING:
    from .run import Session

__all__ = ["main"]


class _Group(click.Group):
    """Turns tinylite's errors into a message and exit code 1, and Ctrl-C into exit code 130."""

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # names of tensors may hold what a terminal cannot show
        try:
            with warnings.catch_warnings():
                warnings.showwarning = lambda message, *unused, **unused_too: click.echo(f"Note: {message}", err=True)
                return super().invoke(ctx)
        except TinyliteError as error:
            echo("Error: ", fg="red", bold=True, nl=False, err=True)
            echo(str(error), err=True, lines=True)
            ctx.exit(1)
        except MemoryError:
            # What has no limit of its own; the message needs hardly any memory, and much of it has been freed by now.
            echo("Error: this takes more memory than the system gives. Give a smaller file, or end other programs", err=True)
            ctx.exit(1)
        except click.ClickException as error:
            error.message = printable(error.message, lines=True)  # type: ignore[misc]
            raise
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader has gone, which click knows how to end
                raise
            echo(f"Error: it cannot be written: {error}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            echo("\nStopped", err=True, lines=True)
            ctx.exit(130)


@click.group(cls=_Group, context_settings=CONTEXT)
@click.version_option(__version__, message="tinylite %(version)s")
def main() -> None:
    """Run and look into TensorFlow Lite files without TensorFlow.

    \b
    Exit codes:
      0    done
      1    a file or a model cannot be used; the message says why
      2    the command line is wrong
      130  stopped with Ctrl-C
    \b
    Environment:
      TINYLITE_CACHE         where compiled kernels are kept
      TINYLITE_CPU           which of the CPU's instructions to use
      TINYLITE_MEMORY_LIMIT  the most bytes that a model or an input file may take
      TINYLITE_TURN_LIMIT    how often a model's loops may turn; without it one may run forever
      TINYLITE_QUIET         if set, say nothing while kernels compile
    """


@main.command(context_settings=CONTEXT)
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
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads that share the work: at most 4 a core.")
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
    from .describe import time_text
    from .interpreter import Interpreter, OpResolverType
    from .media import Scaling
    from .run import Session

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
    used = session.interpreter._threads
    echo(f"{time_text(seconds)}{many}, {used} {'thread' if used == 1 else 'threads'}")
    if profiled:
        _show_profile(session.interpreter, max(repeat, 10))


def _labels(session: Session, path: str | None) -> list[str]:
    """The class names of a file that was given, or of one attached to the model; there it may be damaged, and the run goes on."""
    from .files import content_of
    from .run import labels_of

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
    from .media import real_values

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


def _show_profile(interpreter: Any, runs: int) -> None:
    from rich.table import Table

    from .profile import profile

    found = profile(interpreter, runs)
    total = sum(op.seconds for op in found.ops)
    title = f"time of each op, the median of {found.runs} runs"
    table = Table("op", "operator", "output", "kernels", "µs", "%", title=title, title_justify="left")
    for column in (4, 5):
        table.columns[column].justify = "right"
    for op in found.ops:
        shape = "x".join(map(str, op.shape))
        table.add_row(
            str(op.index), shown(op.name), shape, " ".join(op.kernels), f"{op.seconds * 1e6:.1f}", f"{100 * op.seconds / total:.1f}"
        )
    table.caption = f"ops {total * 1e6:.1f} µs one by one; the whole model {found.seconds * 1e6:.1f} µs in one call"
    table.caption_justify = "left"
    console().print(table)


@main.command(context_settings=CONTEXT, short_help="Show what MODEL holds, as tables or JSON.")
@click.argument("model", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--memory/--no-memory", default=True, show_default=True, help="Plan the graphs, and show where tensors lie in memory.")
@click.option("--quantization", is_flag=True, help="Show how MODEL is quantized: every tensor's scale, zero point and range.")
def inspect(model: str, as_json: bool, memory: bool, quantization: bool) -> None:
    """Show what MODEL holds.

    Of a .tflite file: graphs, ops, tensors, quantization, signatures, metadata, memory plan. Of a TensorFlow graph, a SavedModel,
    a checkpoint or a Keras model: what it is and how to convert it, ops, inputs and outputs, variables, functions,
    signatures, layers. TensorFlow is not needed.

    With --quantization: whether MODEL is float, fake-quantized, weights only, partly or fully quantized, which ops stay in
    float, and what each tensor's integers mean; of a TensorFlow graph, its FakeQuants.
    """
    from . import describe, describe_graph, describe_quantization
    from .kinds import kind_of
    from .model import Model

    with at(model):
        kind = kind_of(model)
    if quantization:
        description, tables = describe_quantization.describe_file(model, kind), describe_quantization.tables
    elif kind.id in describe_graph.KINDS:
        description, tables = describe_graph.describe(model, kind), describe_graph.tables
    else:
        description, tables = describe.describe(Model.load(model), memory), describe.tables
    if as_json:
        # JSON escapes all that is not ASCII, and of ASCII all but this.
        click.echo(json.dumps(description, indent=1).replace("\x7f", "\\u007f"))
        return
    out = console()
    for table in tables(shown(description)):
        out.print(table)


for command in (convert, freeze, ops, view):
    main.add_command(command)


@main.command(context_settings=CONTEXT, short_help="Read ten handwritten digits.")
def demo() -> None:
    """Read ten handwritten digits with the model that ships inside tinylite."""
    from PIL import Image

    from .describe import time_text
    from .interpreter import Interpreter
    from .media import read_input, real_values
    from .profile import profile

    folder = resources.files("tinylite") / "demo"
    with resources.as_file(folder) as place:
        interpreter = Interpreter(str(place / "digits_uint8.tflite"))
        interpreter.allocate_tensors()
        (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
        pictures = sorted(place.glob("digit_*.png"))
        right = 0
        for path in pictures:
            interpreter.set_tensor(given["index"], read_input(str(path), given))
            interpreter.invoke()
            scores = real_values(interpreter.get_tensor(asked["index"]), asked)[0]
            seen = int(np.argmax(scores))
            right += path.stem.endswith(str(seen))
            if path == pictures[3]:
                pixels = np.asarray(Image.open(path).convert("L"))
                drawn = ("".join(" .:-=+*#%@"[int(value) * 9 // 255] * 2 for value in row).rstrip() for row in pixels)
                echo(f"\n{path.name}, looked at closely:\n" + "\n".join(f"  {row}" for row in drawn) + "\n", lines=True)
            echo(f"{path.name}: I see a {seen} ({100 * scores[seen]:.1f} %)")
        found = profile(interpreter, 200)
        echo(f"\n{right} of {len(pictures)} right; {time_text(found.seconds)} for a picture, one thread\n", lines=True)
        _show_profile(interpreter, 200)
