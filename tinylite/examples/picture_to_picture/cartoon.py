"""The filter that the network learns to imitate: a photograph as a cartoon, by classical means.

Colours are smoothed within edges (Kuwahara's filter), made stronger, and dark lines are drawn where brightness has a ditch or
an edge (the difference of two blurs). All channels are treated alike and all directions too, so that a flipped photograph, or
one whose colours have changed places, becomes the cartoon flipped or recoloured in the same way.
"""

from __future__ import annotations

import numpy as np

__all__ = ["cartoon"]

REACH = 4  # pixels that a window of the smoothing extends to each side
SATURATION = 1.8
INK = 18.0  # how much a line of a given contrast darkens


def cartoon(photograph: np.ndarray) -> np.ndarray:
    """uint8 [height, width, 3] to the same."""
    colours = photograph / 255.0
    smooth = kuwahara(colours, REACH)
    grey = smooth.mean(axis=2, keepdims=True)
    strong = grey + SATURATION * (smooth - grey)
    inked = strong * paper(colours.mean(axis=2))[..., None]
    return np.clip(np.round(inked * 255), 0, 255).astype(np.uint8)


def kuwahara(picture: np.ndarray, reach: int) -> np.ndarray:
    """Each pixel becomes the mean of the four windows that have it in a corner, weighted by how even they are.

    A window that lies across an edge is uneven and hardly counts: areas become flat, and edges stay sharp.
    """
    grey = picture.mean(axis=2)
    means = corner_means(picture, reach)
    variances = np.maximum(corner_means(grey**2, reach) - corner_means(grey, reach) ** 2, 0)
    weights = (1e-4 + variances) ** -2.0
    return (means * (weights / weights.sum(axis=0))[..., None]).sum(axis=0)


def paper(grey: np.ndarray) -> np.ndarray:
    """What is left of the paper's brightness under the ink: 1 where there is no line, 0.1 in the middle of a strong one."""
    ditch = blur(blur(grey, 1), 1) - blur(blur(grey, 2), 3)  # below 0 where it is darker than around
    return np.clip(1 + INK * np.minimum(ditch + 0.005, 0), 0.1, 1)


def corner_means(picture: np.ndarray, reach: int) -> np.ndarray:
    """The means of the four windows of reach + 1 pixels each way (an odd number) that have a pixel in a corner: [4, ...]."""
    half = reach // 2
    means = padded(blur(picture, half), half, half)
    height, width = picture.shape[:2]
    return np.stack([means[y : y + height, x : x + width] for y in (0, 2 * half) for x in (0, 2 * half)])


def blur(picture: np.ndarray, reach: int) -> np.ndarray:
    """The mean of the square of 2 reach + 1 pixels around each pixel, from a table of sums."""
    size = 2 * reach + 1
    sums = padded(picture, reach + 1, reach)
    sums[0], sums[:, 0] = 0, 0
    sums = sums.cumsum(axis=0).cumsum(axis=1)
    return (sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2


def padded(picture: np.ndarray, before: int, after: int) -> np.ndarray:
    """The picture in float64 with its edges repeated outwards."""
    around = [(before, after)] * 2 + [(0, 0)] * (picture.ndim - 2)
    return np.pad(picture.astype(np.float64), around, mode="edge")
