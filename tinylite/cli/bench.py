"""`tinylite bench`: models and single ops timed beside baselines, and compared with older figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ..arithmetic import ARITHMETICS
from ..text import is_terminal, printable
from .base.group import ERROR_CODE
from .base.terminal import CONTEXT, console, echo

if TYPE_CHECKING:
    from ..benching.comparison import Comparison
    from ..benching.result import Bench
    from ..benching.subjects import Subject
    from ..model import Model

__all__ = ["bench"]

_MODELS = (".tflite", ".lite")


def _share(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """A share of something, as 1% or 0.01."""
    try:
        found = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 < found <= 1:
        raise click.BadParameter(f"{value!r} is not a share: give one such as 1% or 0.01")
    return found


def _counts(ctx: click.Context, param: click.Parameter, value: str) -> list[int]:
    """Whole numbers with commas between them."""
    try:
        found = [int(part) for part in value.split(",")]
    except ValueError:
        found = [0]
    if min(found) < 1:
        raise click.BadParameter(f"{value!r} is not a list of numbers of threads, such as 1,2,4")
    return found


def _show_grammar(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from ..benching.op_text import grammar_text

        click.echo(grammar_text(), nl=False)
        ctx.exit()


@click.command(context_settings=CONTEXT, short_help="Time models, and single ops, beside other runtimes.")
@click.argument("files", nargs=-1, metavar="[MODEL]... [INPUT]...")
@click.option("--op", "ops", multiple=True, metavar="LINE", help="Time a single op; --help-ops shows how to write one. May be repeated.")
@click.option("--ops", "op_files", multiple=True, type=click.Path(), metavar="FILE", help="Time the ops of a file, one a line.")
@click.option("--ops-of", multiple=True, type=click.Path(), metavar="MODEL", help="Time every distinct op of a model by itself.")
@click.option("--help-ops", is_flag=True, expose_value=False, is_eager=True, callback=_show_grammar, help="Show how ops are written.")
@click.option("--against", multiple=True, metavar="NAME,...", help="Time these in turn with tinylite; see below.")
@click.option("--threads", callback=_counts, default="1", show_default=True, metavar="N,...", help="Of everything that is timed.")
@click.option("--batch", type=click.IntRange(1), metavar="N", help="The size of the inputs' first dimension.")
@click.option("--shape", "shapes", multiple=True, metavar="NAME=SIZES", help="Give an input this shape, as in x=1,16000. May be repeated.")
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Of inputs that have no file.")
@click.option("--arithmetic", type=click.Choice(sorted(ARITHMETICS)), help="How tinylite rounds.  [default: fast]")
@click.option("--cpu", metavar="TARGET", help="The vector unit of tinylite's kernels, such as avx2.  [default: the best]")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True, help="Of a row, at most, about.")
@click.option("--precision", callback=_share, default="1%", show_default=True, metavar="SHARE", help="End a row when it is known so well.")
@click.option("--pin", is_flag=True, help="Keep processes on as many cores as there are threads.")
@click.option("--start", is_flag=True, help="Time whole processes to the first output, and the first run ever.")
@click.option("--memory", is_flag=True, help="Measure memory, too.")
@click.option("--profile", is_flag=True, help="Time each op, too; with --against, also by itself beside the baselines.")
@click.option("--json", "form", flag_value="json", help="Print all figures as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print the table as CSV.")
@click.option("--markdown", "form", flag_value="markdown", help="Print the table as Markdown.")
@click.option("--save", type=click.Path(dir_okay=False), metavar="FILE", help="Write all figures as JSON, for --compare.")
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write a report with pictures as one HTML page.")
@click.option("--node-data", type=click.Path(dir_okay=False), metavar="FILE", help="Write the times of ops for Model Explorer.")
@click.option("--trace", type=click.Path(dir_okay=False), metavar="FILE", help="Write the times of ops as a Chrome trace.")
@click.option(
    "--compare", multiple=True, type=click.Path(), metavar="OLD", help="Compare with saved figures; further ones say what is noise."
)
@click.option("--fail-above", callback=_share, default="5%", show_default=True, metavar="SHARE", help="How much slower a row has to be.")
def bench(
    files: tuple[str, ...], ops: tuple[str, ...], op_files: tuple[str, ...], ops_of: tuple[str, ...], against: tuple[str, ...],
    threads: list[int], batch: int | None, shapes: tuple[str, ...], seed: int, arithmetic: str | None, cpu: str | None, seconds: float,
    precision: float, pin: bool, start: bool, memory: bool, profile: bool, form: str | None, save: str | None, compare: tuple[str, ...],
    fail_above: float, html: str | None, node_data: str | None, trace: str | None,
) -> None:  # fmt: skip
    """Time models and single ops beside baselines, in turn.

    INPUT is what `tinylite run` takes; inputs without a file are random, and 8-bit ones over all that they can hold. A ratio is
    tinylite's time divided by the baseline's, of rounds that ran in turn: below 1, tinylite is faster. Every figure is a median, with the
    interval that holds the true one with a confidence of 95 %, and has no more digits than that allows.

    With --compare, the exit code is 1 if a row has become slower, by more than --fail-above and three times its own noise, and is so again
    when it is measured again. It is 2 where nothing could be measured or compared.

    \b
    Baselines:
      xnnpack           LiteRT as it is by default, with XNNPACK
      litert-builtin    LiteRT's optimized kernels, without XNNPACK
      reference         LiteRT's reference kernels
      tflm              TensorFlow Lite Micro
      cpu:NAME          tinylite on another kind of vector unit, such as cpu:avx2
      python:PATH       what another Python has installed: tinylite, LiteRT or TensorFlow
      FILE.tflite       another model, run by tinylite

    \b
    Examples:
      tinylite bench model.tflite
      tinylite bench model.tflite cat.png --against xnnpack,reference --threads 1,2
      tinylite bench --op "CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6" --against xnnpack
      tinylite bench --ops-of model.tflite --against xnnpack
      tinylite bench model.tflite --against python:old/bin/python --precision 0.5% --seconds 60
      tinylite bench model.tflite --against xnnpack --compare main.json --fail-above 5%
    """
    from ..benching.bench import bench as measure
    from ..benching.compare import check_comparable
    from ..benching.machine import Machine
    from ..benching.op_text import read_counted_ops
    from ..benching.pictures.drawing import load_matplotlib
    from ..benching.result import Bench, Settings
    from ..files.io import check_not_source, check_writable
    from ..model import Model

    click.get_current_context().meta[ERROR_CODE] = 2  # 1 is for what has become slower
    models = [file for index, file in enumerate(files) if index == 0 or file.lower().endswith(_MODELS)]
    inputs = [file for file in files[1:] if not file.lower().endswith(_MODELS)]
    if not (models or ops or op_files or ops_of):
        raise click.UsageError("there is nothing to time: give a model, --op, --ops or --ops-of")
    if batch is not None and (inputs or shapes):
        raise click.UsageError("--batch is of random inputs in the file's shapes: leave it out, or INPUT and --shape")
    if batch is not None and not models:
        raise click.UsageError("--batch is of models, and ops have the shapes that their lines say")
    if node_data is not None and (len(models) != 1 or len(threads) != 1):
        raise click.UsageError("--node-data is of one model, on one number of threads")
    if trace is not None and not models:
        raise click.UsageError("--trace is of models, and there is none")
    # Before any time is taken:
    older = [Bench.load(path) for path in compare]
    for each in older[:1]:
        check_comparable(each, Bench(Machine.here(cpu=cpu or ""), Settings(seconds, precision, arithmetic or "", cpu or ""), [], ""))
    sources = (*files, *(file.partition("=")[2] for file in files), *op_files, *ops_of, *compare)
    for target in filter(None, (save, html, node_data, trace)):
        for source in sources:
            check_not_source(target, source)
        check_writable(target)
    if html is not None:
        load_matplotlib()
    graph = Model.load(models[0]) if node_data is not None else None
    profile = profile or node_data is not None or trace is not None
    progress = _Progress()
    request: dict[str, Any] = dict(
        models=[_subject(model, inputs, shapes, seed) for model in models],
        ops=[*ops, *(op for path in op_files for op in read_counted_ops(path))], ops_of=list(ops_of),
        against=[name for entry in against for name in entry.split(",")], threads=threads, batch=batch, arithmetic=arithmetic, cpu=cpu,
        seconds=seconds, precision=precision, pin=pin, start=start, memory=memory, profile=profile, seed=seed, progress=progress.show,
    )  # fmt: skip
    found = measure(**request)
    progress.clear()
    try:
        if save is not None:
            found.save(save)
    finally:  # where the disk is full, too: then this is all that is left of them
        _show(found, form)
    if not found.complete:
        _write_pictures(found, None, html, node_data, trace, graph)
        echo("It was interrupted: these are the figures that were measured.", err=True)
        click.get_current_context().exit(130)
    if all(measurement.refused for row in found.rows for measurement in row.measurements):
        click.get_current_context().exit(2)
    comparison, complete = _compared(found, older, fail_above, request) if older else (None, True)
    progress.clear()
    if comparison is not None:
        _show_comparison(comparison, form)
    _write_pictures(found, comparison, html, node_data, trace, graph)
    if not complete:
        echo("It was interrupted while what seems slower was measured again.", err=True)
        click.get_current_context().exit(130)
    click.get_current_context().exit(1 if comparison is not None and comparison.failed else 0)


def _compared(found: Bench, older: Sequence[Bench], fail_above: float, request: dict[str, Any]) -> tuple[Comparison, bool]:
    """With older figures, the first; what seems slower is measured again before it counts. And whether that was not interrupted."""
    from ..benching.bench import bench as measure
    from ..benching.compare import confirm, regressions

    comparison = found.compare(older[0], fail_above, older[1:])
    suspects = regressions(comparison)
    if not suspects:
        return comparison, True
    again = measure(**request, only=suspects)
    return confirm(comparison, again), again.complete


def _write_pictures(
    found: Bench, comparison: Comparison | None, html: str | None, node_data: str | None, trace: str | None, graph: Model | None
) -> None:
    """What was asked for: a report, and the times of ops for other programs."""
    from ..benching.exports.chrome_trace import save_chrome_trace
    from ..benching.exports.model_explorer import save_node_data

    profiles = {row.label: row.profile for row in found.rows if row.profile is not None and row.kind == "model"}
    if html is not None:
        found.save_html(html, comparison)
    if trace is not None:
        save_chrome_trace(profiles, trace)
    if node_data is not None and profiles:
        (profile,) = profiles.values()
        save_node_data(profile, node_data, graph)


def _subject(model: str, files: Sequence[str], shapes: Sequence[str], seed: int) -> Subject:
    """A model with what it is fed, which is read when it is its turn."""
    from ..benching.subjects import subject_of
    from .base.inputs import inputs_of

    return subject_of(model, (lambda: inputs_of(model, files, seed, shapes)) if files or shapes else None)


class _Progress:
    """What is being done, on one line of a terminal. Nothing moves by itself there, which would take time from what is measured."""

    def __init__(self) -> None:
        self._on = is_terminal(sys.stderr)

    def show(self, text: str) -> None:
        if self._on:
            click.echo(f"\r\x1b[K{printable(text)[:100]}", err=True, nl=False)

    def clear(self) -> None:
        if self._on:
            click.echo("\r\x1b[K", err=True, nl=False)


def _show(found: Bench, form: str | None) -> None:
    """Print a Bench as JSON, CSV or Markdown, or as tables."""
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, allow_nan=False))
    elif form == "csv":
        click.echo(found.csv(), nl=False)
    elif form == "markdown":
        click.echo(found.markdown())
    else:
        console().print(found)
        for row in found.rows:
            if row.profile is not None and row.kind != "op":
                console().print(f"\n{row.name}, {row.threads} thread{'s' * (row.threads > 1)}")
                console().print(row.profile)


def _show_comparison(comparison: Comparison, form: str | None) -> None:
    """Print a comparison: beside JSON and CSV, which are for programs, on stderr."""
    if form in ("json", "csv"):
        echo(comparison.markdown(), err=True, lines=True)
    elif form == "markdown":
        click.echo(comparison.markdown())
    else:
        console().print(comparison)
