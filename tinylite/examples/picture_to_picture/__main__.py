"""The command line of the tutorial."""

from __future__ import annotations

from pathlib import Path

import click

from tinylite.errors import TinyliteError

from .tutorial import FULL, SMALL, tutorial


@click.command()
@click.argument("directory", default="picture_to_picture", type=click.Path(file_okay=False, path_type=Path))
@click.option("--small", is_flag=True, help="Train for seconds: the same way, with poorer pictures.")
def main(directory: Path, small: bool) -> None:
    """Train a network to draw photographs as cartoons, and write it as a float and as a uint8 .tflite file.

    Everything is written to DIRECTORY: checkpoint, frozen graph, both files, and the pictures. Needs tensorflow and scikit-learn.
    """
    tutorial(directory, SMALL if small else FULL)


if __name__ == "__main__":
    try:
        main()
    except TinyliteError as error:
        raise SystemExit(f"Error: {error}") from None
