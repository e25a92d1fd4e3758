"""python -m tinylite.examples.speech_commands: the whole tutorial in one command."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from tinylite import Interpreter, TinyliteError, convert
from tinylite.freezing.tf import tensorflow
from tinylite.inputs.media import real_values, stored_values
from tinylite.quantize import FullIntegerQuantization

from .features import COEFFICIENTS, FRAMES, RANGE, features, front_end
from .sounds import augmented, recordings, synthetic
from .training import train, trained

# real = (stored - mean) / std, so that 0..255 represent RANGE.
STD = 255 / (RANGE[1] - RANGE[0])
MEAN = -RANGE[0] * STD


def scores_of(path: Path, inputs: np.ndarray) -> tuple[np.ndarray, float]:
    """A uint8 file's scores [n, words] of coefficients, and the median time of a run in seconds."""
    from time import perf_counter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    found, seconds = [], []
    for second in stored_values(inputs, given):
        interpreter.set_tensor(given["index"], second[None])
        start = perf_counter()
        interpreter.invoke()
        seconds.append(perf_counter() - start)
        found.append(interpreter.get_tensor(asked["index"])[0])
    return real_values(np.array(found), asked), float(np.median(seconds))


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(exists=True))
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("speech_commands"), show_default=True, help="Where files go.")
@click.option("--small", is_flag=True, help="Less data and fewer steps: a minute at most.")
def main(sources: tuple[str, ...], output: Path, small: bool) -> None:
    """Train a network to distinguish words, and write it as a uint8 file.

    SOURCES are WAV files, whose names begin with their word (yes_1.wav), or directories with a folder of WAV files for each
    word, such as the Speech Commands dataset. Without any, two words are made.
    """
    tf = tensorflow("training")
    words = recordings(list(sources)) if sources else synthetic()
    output.mkdir(parents=True, exist_ok=True)
    counts, steps = ((60, 40), 300) if small else ((600, 200), 1500)
    (samples, labels, names), (held, wanted, _) = (augmented(words, count, seed) for seed, count in enumerate(counts))
    click.echo(f"words: {', '.join(names)}; {len(labels)} seconds to learn from, {len(wanted)} others to test")
    inputs, tests = features(samples), features(held)

    results, frozen = {}, None
    for kind, quantized in (("float", False), ("fake-quantized", True)):
        checkpoint = str(output / kind)
        train(tf, inputs, labels, len(names), steps, checkpoint, quantized)
        results[kind], frozen = trained(tf, tests, len(names), checkpoint, quantized)
    assert frozen is not None

    frozen.save(output / "frozen.pb")
    path = output / "speech_commands_uint8.tflite"
    shape = {"coefficients": (1, FRAMES, COEFFICIENTS)}
    model = convert(
        output / "frozen.pb",
        ["coefficients"],
        ["scores"],
        input_shapes=shape,
        quantization=FullIntegerQuantization(input_stats={"coefficients": (MEAN, STD)}),
    )
    model.associated_files["labels.txt"] = "\n".join(names).encode()
    model.save(path)
    front_end().save(output / "front_end.tflite")
    results["uint8 file"], seconds = scores_of(path, tests)

    for kind, scores in results.items():
        click.echo(f"{kind:>15}: {np.mean(scores.argmax(axis=1) == wanted):7.2%} of the test right")
    near = np.mean(np.abs(results["uint8 file"] - results["fake-quantized"]) <= 1.001 / 256)
    click.echo(f"the file's scores are within one step of TensorFlow's fake-quantized ones in {near:.2%}")
    click.echo(f"{path}: {path.stat().st_size} bytes, {seconds * 1e6:.0f} µs for a second of sound on one thread")


if __name__ == "__main__":
    try:
        main()
    except TinyliteError as error:
        raise SystemExit(f"Error: {error}") from None
