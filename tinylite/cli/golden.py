"""`tinylite golden`: record what a model computes, and check it later."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..arithmetic import ARITHMETICS, REFERENCE
from ..errors import FileError, GoldenError, SettingError, at
from .base.terminal import CONTEXT, echo, finite

if TYPE_CHECKING:
    from ..golden import Tolerance

__all__ = ["golden"]


@click.group(context_settings=CONTEXT, short_help="Record what a model computes, and check it later.")
def golden() -> None:
    """Record what a model computes, and check it later: against tinylite, another runtime, or what a device has written.

    \b
    Examples:
      tinylite golden record model.tflite -o model.golden.npz --layers
      tinylite golden check model.golden.npz
      tinylite golden check model.golden.npz --with xnnpack --lsb 1 --share 0.001
      tinylite golden check model.golden.npz --with device_dump/ --html report.html
    """


@golden.command(context_settings=CONTEXT)
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False), metavar="FILE", help="Where the golden goes, an .npz file.")
@click.option("--layers", is_flag=True, help="Keep what ops compute in between, so that a check names the op that differs.")
@click.option("--cases", type=click.IntRange(1), help="How many cases of random inputs.  [default: 8]")
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Case C has the seed SEED + C.")
@click.option(
    "--arithmetic", type=click.Choice(sorted(ARITHMETICS)), default=REFERENCE.name, show_default=True, help="How results are rounded."
)
@click.option("--hash", "hashes_only", is_flag=True, help="Keep inputs, and of all else CRC32 and SHA-256 only.")
@click.option("--signature", metavar="KEY", help="Run the graph of this signature.")
@click.option("--graph", type=click.IntRange(0), default=0, show_default=True, help="Run the graph of this number.")
@click.option("--shape", "shapes", multiple=True, metavar="NAME=SIZES", help="Give an input this shape, as in x=1,16000. May be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
def record(
    model: str, files: tuple[str, ...], output: str, layers: bool, cases: int | None, seed: int, arithmetic: str, hashes_only: bool,
    signature: str | None, graph: int, shapes: tuple[str, ...], overwrite: bool,
) -> None:  # fmt: skip
    """Run MODEL and keep what it computes.

    INPUT is what `tinylite run` takes. Of a model with one input, each makes a case; of others all make one, and inputs without a file
    are random then. Without any INPUT there are several cases of random inputs. The file is written whole or not at all, and never
    over another one unless --overwrite says so.
    """
    from .. import golden as library
    from ..files.io import check_not_source

    if files and cases is not None:
        raise click.UsageError("--cases is how many cases of random inputs there are, and each INPUT is one: give one of the two")
    for file in (model, *files, *(entry.partition("=")[2] for entry in files)):
        check_not_source(output, file)
    if os.path.lexists(output) and not overwrite:  # before any work is done
        with at(output):
            raise FileError("there is such a file already", "Give another name, or --overwrite")
    given, sizes = _inputs(model, files, seed, signature, graph, shapes) if files or shapes else (None, {})
    made = library.record(
        model, given, cases=cases or 8, seed=seed, layers=layers, arithmetic=arithmetic, hashes_only=hashes_only, graph=graph,
        signature=signature, shapes=sizes,
    )  # fmt: skip
    library.save(made, output, overwrite=overwrite)
    for note in made.notes:
        echo(f"Note: {note}", err=True)
    kinds = ", ".join(
        f"{count} {role}{'s' if count != 1 else ''}"
        for role in ("input", "output", "layer")
        if (count := sum(tensor.role == role for tensor in made.tensors))
    )
    echo(f"written: {output}, {len(made.cases)} {'case' if len(made.cases) == 1 else 'cases'} of {kinds}, {made.arithmetic}")


def _inputs(
    model: str, files: tuple[str, ...], seed: int, signature: str | None, graph: int, shapes: tuple[str, ...]
) -> tuple[list[Any] | None, dict[int, tuple[int, ...]]]:
    """The cases that files make, or None, and the shapes of inputs by their positions. A model with one input has a case for each file."""
    from ..interpreter import Interpreter
    from .base.running import Reading, Session

    said: set[str] = set()

    def note(text: str) -> None:
        if text not in said:
            said.add(text)
            echo(f"Note: {text}", err=True)

    with Interpreter(model) as interpreter:
        session = Session(interpreter, signature, graph or None)
        session.shape(shapes)
        runner = session.runner
        sizes = {position: runner.shape(tensor) for position, tensor in enumerate(runner.graph.inputs)} if shapes else {}
        if not files:
            return None, sizes
        cases = []
        for group in zip(files) if len(runner.graph.inputs) == 1 else (files,):
            session.feed(group, Reading(say=note), seed)
            cases.append([runner.get(details["index"]) for details in session.inputs()])
        return cases, {}


@golden.command(context_settings=CONTEXT)
@click.argument("file", metavar="GOLDEN", type=click.Path())
@click.argument("model", type=click.Path(), required=False)
@click.option(
    "--with", "using", metavar="RUNTIME|DUMP", help="Compare with litert, litert-builtin, xnnpack or tflm, or with the values in a dump."
)
@click.option("--arithmetic", type=click.Choice(sorted(ARITHMETICS)), help="How tinylite rounds.  [default: as the golden was recorded]")
@click.option("--lsb", type=click.IntRange(0), default=0, show_default=True, help="Steps by which quantized values may differ.")
@click.option("--share", type=float, default=0.0, show_default=True, help="The share of a tensor's values that may differ by more, 0 to 1.")
@click.option("--rtol", type=float, default=0.0, show_default=True, help="Floats may differ by this times the golden's value.")
@click.option("--atol", type=float, default=0.0, show_default=True, help="And by this.")
@click.option("--ulp", type=click.IntRange(0), default=0, show_default=True, help="Or by so many floats that lie between.")
@click.option("--tensor", "tensors", multiple=True, metavar="NAME:lsb=2,share=0.01", help="A tensor's own tolerance. May be repeated.")
@click.option("--each/--cumulative", default=False, show_default=True, help="Run each op alone on the golden's values, or the whole model.")
@click.option("--changed-model", is_flag=True, help="MODEL is another than the golden's on purpose: match tensors by their names.")
@click.option("--repro", metavar="FOLDER", type=click.Path(), help="Write the first op that differs, alone, with a golden of it.")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write the report as one HTML page.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False), help="Write the report as JUnit's XML.")
@click.option("--json", "as_json", metavar="FILE", type=click.Path(), help="Write the report as JSON; - is stdout.")
def check(
    file: str, model: str | None, using: str | None, arithmetic: str | None, lsb: int, share: float, rtol: float, atol: float, ulp: int,
    tensors: tuple[str, ...], each: bool, changed_model: bool, repro: str | None, html: str | None, junit: str | None, as_json: str | None,
) -> None:  # fmt: skip
    """Compare what is computed now with GOLDEN, and say which op is to blame for what differs.

    MODEL is the file that GOLDEN was recorded of; without it, the one of that name beside GOLDEN. Everything must be equal unless a
    tolerance says otherwise. Integers without a scale, booleans and text are always exact, and so are types, shapes and places of NaN.

    The exit code is 0 if all is within the tolerances, 1 if something differs or cannot be used, and 2 if the command line is wrong.
    """
    from .. import golden as library
    from ..files.io import check_not_source, write_whole

    reports = [path for path in (html, junit, None if as_json == "-" else as_json) if path]
    if len({os.path.realpath(path) for path in reports}) < len(reports):
        raise click.UsageError("two reports go to one file, which would hold the last: give each another name")
    for path in reports:
        for source in filter(None, (file, model, using)):
            check_not_source(path, source)
    if using is not None and arithmetic is not None:
        raise click.UsageError("--arithmetic says how tinylite rounds, and --with that others compute: give one of the two")
    common, special = _tolerances(tensors, lsb=lsb, share=share, rtol=rtol, atol=atol, ulp=ulp)
    try:
        report = library.check(
            library.load(file, verify=False), model, using=using, arithmetic=arithmetic, tolerance=common, tolerances=special, each=each,
            changed_model=changed_model, reproduce_in=repro,
        )  # fmt: skip
    except GoldenError as error:
        error.places = error.places or [file]  # which of several goldens it is
        raise
    written = []
    if html is not None:
        from ..golden.html import write

        write(report, html, overwrite=True)
        written.append(html)
    for target, content in ((junit, report.junit), (as_json, lambda: json.dumps(finite(report.plain()), indent=1, allow_nan=False) + "\n")):
        if target == "-":
            click.echo(content(), nl=False)
        elif target is not None:
            with at(target):
                write_whole(target, [content().encode("utf-8", "replace")])
            written.append(target)
    if repro is not None and not report.passes and report.reproduction is None:
        echo(f"Note: nothing was written into {repro}: there is no single op that is guilty and can be run alone", err=True)
    if as_json != "-":
        echo(report.text(), lines=True)
        for target in written:
            echo(f"written: {target}")
    click.get_current_context().exit(0 if report.passes else 1)


def _tolerances(entries: tuple[str, ...], **numbers: float) -> tuple[Tolerance, dict[str, Tolerance]]:
    """The common tolerance, and those that entries (NAME:lsb=2,share=0.01) say; what they leave out is common. Names may have colons."""
    known, found = numbers, {}
    common = _tolerance(numbers)
    for entry in entries:
        name, colon, text = entry.rpartition(":")
        changes: dict[str, float] = {}
        for part in text.split(","):
            key, equals, number = part.partition("=")
            if not (colon and equals and key.strip() in known):
                raise click.BadParameter(
                    f"{entry!r} is not a tolerance such as NAME:lsb=2,share=0.01; it may have {', '.join(known)}", param_hint="--tensor"
                )
            if key.strip() in changes:
                raise click.BadParameter(f"{entry!r} says {key.strip()} twice", param_hint="--tensor")
            try:
                changes[key.strip()] = int(number) if isinstance(known[key.strip()], int) else float(number)
            except ValueError:
                raise click.BadParameter(f"{number!r} in {entry!r} is not a number", param_hint="--tensor") from None
        if name in found:
            raise click.BadParameter(f"the tensor {name!r} has two tolerances", param_hint="--tensor")
        found[name] = _tolerance({**known, **changes})
    return common, found


def _tolerance(numbers: Mapping[str, float]) -> Tolerance:
    from ..golden import Tolerance

    try:
        return Tolerance(**numbers)  # type: ignore[arg-type]
    except SettingError as error:
        raise click.UsageError(str(error)) from None
