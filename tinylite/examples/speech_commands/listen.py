"""python -m tinylite.examples.speech_commands.listen: which word is in a WAV file. It needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from tinylite import Interpreter, Model, ModelError, TinyliteError
from tinylite.inputs.media import real_values, stored_values

from .features import features
from .sounds import read_wav

__all__ = ["heard"]


def heard(model: str, wav: str) -> dict[str, float]:
    """How sure a file of the tutorial is of each of its words, 0 to 1; they are numbered if the file does not hold them."""
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if given["dtype"] is not np.uint8:
        raise ModelError(f"{model} takes {given['dtype'].__name__}, not uint8", "Give the tutorial's speech_commands_uint8.tflite")
    interpreter.set_tensor(given["index"], stored_values(features(read_wav(Path(wav))[None]), given))
    interpreter.invoke()
    scores = real_values(interpreter.get_tensor(asked["index"])[0], asked).tolist()
    labels = Model.load(model).associated_files.get("labels.txt")
    words = [f"word {place}" for place in range(len(scores))] if labels is None else labels.decode().split("\n")
    return dict(zip(words, scores, strict=True))


@click.command()
@click.argument("model", type=click.Path(exists=True))
@click.argument("wavs", nargs=-1, required=True, type=click.Path(exists=True))
def main(model: str, wavs: tuple[str, ...]) -> None:
    """Recognize the word in each of WAVS by MODEL, a speech_commands_uint8.tflite."""
    for wav in wavs:
        try:
            word, score = max(heard(model, wav).items(), key=lambda found: found[1])
        except TinyliteError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{wav}: {word} ({score:.0%})")


if __name__ == "__main__":
    main()
