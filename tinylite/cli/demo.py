"""`tinylite demo`: ten handwritten digits, read by the model that ships inside tinylite."""

from __future__ import annotations

from importlib import resources

import click

from .base.terminal import CONTEXT, console, echo

__all__ = ["demo"]


@click.command(context_settings=CONTEXT, short_help="Read ten handwritten digits.")
def demo() -> None:
    """Read ten handwritten digits with the model that ships inside tinylite."""
    import numpy as np
    from PIL import Image

    from ..inputs.media import read_input, real_values
    from ..interpreter import Interpreter
    from ..report.describe import time_text
    from ..report.profile import profile

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
        console().print(found)
