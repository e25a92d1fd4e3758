"""python -m tinylite.examples.speech_commands.listen: which word is in a WAV file. It needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from tinylite import Interpreter, Model

from .features import features
from .sounds import read_wav

__all__ = ["heard", "stored_input"]


def stored_input(coefficients: np.ndarray, quantization: tuple[float, int]) -> np.ndarray:
    """Coefficients as a uint8 file's input stores them: by its scale and zero point, which is a whole number, as the mean need not be."""
    scale, zero = quantization
    return np.clip(np.round(coefficients / scale) + zero, 0, 255).astype(np.uint8)


def heard(model: str, wav: str) -> dict[str, float]:
    """How sure a file of the tutorial is of each of its words, 0 to 1."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(given["index"], stored_input(features(read_wav(Path(wav))[None]), given["quantization"]))
    interpreter.invoke()
    words = Model.load(model).associated_files["labels.txt"].decode().split("\n")
    return dict(zip(words, (interpreter.get_tensor(asked["index"])[0] * asked["quantization"][0]).tolist(), strict=True))


@click.command()
@click.argument("model", type=click.Path(exists=True))
@click.argument("wavs", nargs=-1, required=True, type=click.Path(exists=True))
def main(model: str, wavs: tuple[str, ...]) -> None:
    """Tell which word is in each of WAVS by MODEL, a speech_commands_uint8.tflite."""
    for wav in wavs:
        word, score = max(heard(model, wav).items(), key=lambda found: found[1])
        click.echo(f"{wav}: {word} ({score:.0%})")


if __name__ == "__main__":
    main()
