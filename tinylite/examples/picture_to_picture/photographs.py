"""scikit-learn's two photographs: a window of each is held out for the test, crops of the rest are for training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinylite.errors import MissingPackageError

from .cartoon import cartoon

__all__ = ["HEIGHT", "WIDTH", "Pair", "Photographs"]

# The held-out windows, by their upper left corners.
HEIGHT, WIDTH = 256, 192
CORNERS = {"china": (24, 184), "flower": (88, 288)}


class Pair(NamedTuple):
    """A photograph and its cartoon, each uint8 [height, width, 3]."""

    photograph: np.ndarray
    cartoon: np.ndarray


class Photographs:
    """`held_out` has the pairs for the test by name; `batch` draws pairs for training. The same seed draws the same."""

    def __init__(self, seed: int) -> None:
        self.whole = {name: Pair(photograph, cartoon(photograph)) for name, photograph in load().items()}
        self.held_out = {
            name: Pair(*(picture[y : y + HEIGHT, x : x + WIDTH] for picture in self.whole[name])) for name, (y, x) in CORNERS.items()
        }
        self.random = np.random.default_rng(seed)

    def batch(self, count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Photographs and cartoons, each float32 [count, size, size, 3] of -1..1."""
        pairs = [self.crop(size) for _ in range(count)]
        photographs, cartoons = (np.stack(pictures).astype(np.float32) / 127.5 - 1 for pictures in zip(*pairs, strict=True))
        return photographs, cartoons

    def crop(self, size: int) -> Pair:
        """A random square outside the held-out windows: turned, and perhaps flipped."""
        name = self.random.choice(list(self.whole))
        height, width = self.whole[name].photograph.shape[:2]
        top, left = CORNERS[name]
        while True:
            y, x = self.random.integers(height - size + 1), self.random.integers(width - size + 1)
            if y + size <= top or y >= top + HEIGHT or x + size <= left or x >= left + WIDTH:
                break
        turns, flipped = self.random.integers(4), self.random.integers(2)
        return Pair(*(
            np.rot90(picture[y : y + size, x : x + size], int(turns))[:, :: -1 if flipped else 1] for picture in self.whole[name]
        ))  # fmt: skip


def load() -> dict[str, np.ndarray]:
    """The photographs by name: uint8 [427, 640, 3]."""
    try:
        from sklearn.datasets import load_sample_image
    except ModuleNotFoundError:
        raise MissingPackageError(
            "The photographs are scikit-learn's, which is not installed", "pip install 'tinylite[examples]'"
        ) from None
    return {name: load_sample_image(f"{name}.jpg") for name in CORNERS}
