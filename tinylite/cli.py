"""The command line: run, inspect, demo. It does nothing that the library cannot do."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click
import numpy as np

from .errors import TinyliteError

__all__ = ["main"]

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class _Group(click.Group):
    """Turns tinylite's errors into a message and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TinyliteError as error:
            click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(str(error), err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.version_option(package_name="tinylite", message="tinylite %(version)s")
def main() -> None:
    """Run and look into TensorFlow Lite files without TensorFlow.

    \b
    Exit codes: 0 done; 1 a file or model cannot be used, with the reason; 2 the command line is wrong.
    Environment: TINYLITE_CACHE where compiled kernels are kept, TINYLITE_CPU which instructions to use,
    TINYLITE_MEMORY_LIMIT the most bytes that a model's tensors may take.
    """


@main.command(context_settings=_CONTEXT)
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--mean", type=float, help="Subtract this from pixels or samples.  [default: 127.5 for pictures into float inputs]")
@click.option("--std", type=float, help="Then divide by this.  [default: 127.5 for pictures into float inputs]")
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
    help="Class names, a line each.  [default: a label file attached to the model]",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Write outputs: .npy the first (or NAME), .npz all, .png as a picture.",
)
@click.option("--signature", metavar="KEY", help="Run this signature, whose names inputs and outputs then have.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads that share the work.")
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Run so often and show the median time.")
@click.option("--profile", "profiled", is_flag=True, help="Show the time of each op.")
@click.option("--random", "seed", type=int, metavar="SEED", help="Feed inputs that no file is given for with random values.")
def run(
    model: str, files: tuple[str, ...], mean: float | None, std: float | None, raw: bool, resize: str, top: int, labels: str | None,
    outputs: tuple[str, ...], signature: str | None, threads: int, repeat: int, profiled: bool, seed: int | None,
) -> None:  # fmt: skip
    """Run MODEL on files and show what comes out.

    INPUT is a picture, a .wav sound, a .npy or a .npz file, for the inputs in their order, or NAME=FILE or NUMBER=FILE
    for one of them. Pictures are resized to the input's size. With --mean and --std, pixels (0..255) and samples (-1..1)
    become (value - mean) / std and are then quantized as the input wants; without them pixels fill a quantized input's
    range, and -1..1 of a float one. Float arrays for quantized inputs are quantized.

    \b
    tinylite run mobilenet.tflite cat.jpg --labels labels.txt
    tinylite run style.tflite photo.jpg --mean 127.5 --std 127.5 -o painted.png
    tinylite run speech.tflite samples=yes.wav --top 3
    tinylite run detector.tflite image=street.png -o boxes=boxes.npy --repeat 20
    """
    from .interpreter import Interpreter
    from .media import Scaling
    from .run import Session

    scaling = None
    if mean is not None or std is not None:
        scaling = Scaling(0.0 if mean is None else mean, 1.0 if std is None else std)
        if scaling.std == 0:
            raise click.BadParameter("it must not be 0", param_hint="--std")
    if raw and scaling is not None:
        raise click.UsageError("--raw takes pixels as they are, so --mean and --std have nothing to do")
    session = Session(Interpreter(model, num_threads=threads), signature)
    session.feed(files, scaling, resize, raw, seed)
    seconds = session.run(repeat)
    names = _labels(labels) if labels else session.attached_labels()
    for name, values, details in session.outputs():
        _show_output(name, values, details, names, top)
    for target in outputs:
        click.echo(f"written: {session.write(target, scaling)}")
    many = f", the median of {repeat} runs" if repeat > 1 else ""
    click.echo(f"{seconds * 1e3:.3g} ms{many}, {threads} {'thread' if threads == 1 else 'threads'}")
    if profiled:
        _show_profile(session.interpreter, max(repeat, 10))


def _labels(path: str) -> list[str]:
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _show_output(name: str, values: np.ndarray, details: dict[str, Any], labels: Sequence[str], top: int) -> None:
    from .media import real_values

    real = real_values(values, details)
    shape = "x".join(map(str, values.shape)) or "scalar"
    click.secho(f"{name}: {values.dtype} {shape}", bold=True)
    if not values.size:
        click.echo("  empty")
        return
    vector = real.reshape(-1) if real.ndim <= 1 or real.size == real.shape[-1] else None
    if vector is None:
        click.echo(f"  from {real.min():.5g} to {real.max():.5g}, mean {real.mean():.5g}")
    elif vector.size == 1:
        click.echo(f"  {vector[0]:.6g}")
    else:
        # A background class in front of the labels is common: labels then count from 1.
        for index in np.argsort(-vector.astype(np.float64), kind="stable")[:top]:
            label = labels[index] if index < len(labels) else ""
            click.echo(f"  {vector[index]:10.5g}  {index:>4}  {label}".rstrip())


def _show_profile(interpreter: Any, runs: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from .profile import profile

    found = profile(interpreter, runs)
    total = sum(op.seconds for op in found.ops)
    table = Table(
        "op", "operator", "output", "kernels", "µs", "%", title=f"time of each op, the median of {found.runs} runs", title_justify="left"
    )
    for column in (4, 5):
        table.columns[column].justify = "right"
    for op in found.ops:
        shape = "x".join(map(str, op.shape))
        table.add_row(str(op.index), op.name, shape, " ".join(op.kernels), f"{op.seconds * 1e6:.1f}", f"{100 * op.seconds / total:.1f}")
    table.caption = f"ops {total * 1e6:.1f} µs one by one; the whole model {found.seconds * 1e6:.1f} µs in one call"
    table.caption_justify = "left"
    Console().print(table)


@main.command(context_settings=_CONTEXT)
@click.argument("model", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--memory/--no-memory", default=True, show_default=True, help="Plan the graphs and show where tensors would lie.")
def inspect(model: str, as_json: bool, memory: bool) -> None:
    """Show what MODEL holds: graphs, ops, tensors, quantization, signatures, metadata, memory plan."""
    from .describe import describe, tables
    from .model import Model

    description = describe(Model.load(model), memory)
    if as_json:
        json.dump(description, sys.stdout, indent=1)
        click.echo()
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in tables(description):
        console.print(table)


@main.command(context_settings=_CONTEXT)
def demo() -> None:
    """Read ten handwritten digits with the model that ships inside tinylite."""
    from PIL import Image

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
                click.echo("\n".join("  " + "".join(" .:-=+*#%@"[int(value) * 9 // 255] * 2 for value in row) for row in pixels) + "\n")
            click.echo(f"{path.name}: I see a {seen} ({100 * scores[seen]:.1f} %)")
        found = profile(interpreter, 200)
        click.echo(f"\n{right} of {len(pictures)} right; {found.seconds * 1e6:.1f} µs for a picture, one thread\n")
        _show_profile(interpreter, 200)
