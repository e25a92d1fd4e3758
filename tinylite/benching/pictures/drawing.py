"""Drawings by matplotlib as SVG within HTML: small, without ids, scripts and dates, in colours that follow the page's scheme."""

from __future__ import annotations

import functools
import html
import io
import math
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from ...errors import MissingPackageError
from ...html_tables import Html, html_cell
from ...text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "SERIES", "SMALL", "Drawing", "can_be_drawn", "draw", "fitted", "load_matplotlib", "log_ticks", "text_width"]

# What a colour of the page is called in CSS, and the colour that stands for it while matplotlib draws.
COLOURS = {
    name: f"#0000{number:02x}"
    for number, name in enumerate(("ink", "paper", "line", "soft", "bad", "good", "bar", "c1", "c2", "c3", "c4", "c5", "c6"), 1)
}
SERIES = tuple(COLOURS[f"c{number}"] for number in range(1, 7))  # of runtimes, bounds, ...: told apart by the colour-blind too
_VARIABLES = {colour: f"var(--{name})" for name, colour in COLOURS.items()}
SIZE, SMALL = 12, 11  # of letters, in pixels
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
_NARROWEST = 600  # pixels: below that letters could not be read, so that a narrow page scrolls instead


class Drawing:
    """A figure whose units are pixels, counted from its left and top edges, and the words that appear over its parts."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(self.figure)
        self.figure.patch.set_visible(False)
        self._tips: list[str] = []

    def axes(self, left: float, top: float, width: float, height: float, grid: Literal["x", "y", "both"] | None = None) -> Axes:
        """Axes in this place, with lines across at the ticks of `grid`."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.patch.set_visible(False)
        axes.tick_params(which="both", bottom=False, left=False, pad=5)
        axes.minorticks_off()
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        if grid:
            axes.grid(True, axis=grid, color=COLOURS["line"], linewidth=1)
        axes.set_axisbelow(True)
        return axes

    def tip(self, artist: Any, text: str) -> None:
        """Show a text while the mouse is over an artist."""
        artist.set_gid(f"tip{len(self._tips)}")
        self._tips.append(printable(text))

    def legend(self, entries: Sequence[tuple[str, str]], left: float, top: float) -> None:
        """Squares of colours with names, from left to right in one row as long as they fit, then in the next."""
        x, y = left, top
        for name, colour in entries:
            name = fitted(name, self.width - left - 20, SIZE)
            wide = 14 + text_width(name, SIZE)
            if x > left and x + wide > self.width:
                x, y = left, y + 18
            self.square(x, y, colour)
            self.text(x + 14, y + 9, name)
            x += wide + 16

    def square(self, left: float, top: float, colour: str) -> None:
        """A square of a legend."""
        from matplotlib.patches import Rectangle

        self.figure.add_artist(Rectangle((left, self.height - top - 10), 10, 10, facecolor=colour, transform=None))

    def text(self, x: float, y: float, text: str, **options: Any) -> None:
        """A text whose line is at `y`."""
        self.figure.text(x / self.width, 1 - y / self.height, printable(text), **options)

    def svg(self, label: str) -> Html:
        """All of it, as an element of a page; `label` is what it shows, in words, for those who cannot see it."""
        content = io.BytesIO()
        self.figure.savefig(content, format="svg")
        root = ET.fromstring(content.getvalue())
        style = f"width:100%;min-width:{min(self.width, _NARROWEST)}px;max-width:{self.width}px;stroke-linejoin:round"
        head = f'<svg viewBox="0 0 {self.width} {self.height}" style="{style}" role="img" aria-label="{html_cell(label, 1000)}">'
        return Html(f'<div class="wide">{head}{"".join(self._element(child) for child in root)}</svg></div>')

    def _element(self, element: ET.Element) -> str:
        """An element without what matplotlib says for programs that read it again."""
        name = element.tag.removeprefix(_SVG)
        if name in ("metadata", "style", "clipPath"):
            return ""
        inside = "".join(map(self._element, element))
        given = dict(element.attrib)
        given.pop("clip-path", None)  # nothing is drawn outside
        identity = given.pop("id", "")
        if name == "g" and identity.startswith("tip"):
            return f"<g><title>{html_cell(self._tips[int(identity[3:])], 1000)}</title>{inside}</g>"
        if (name == "g" and not given) or (name == "defs" and not inside):
            return inside
        if name == "path" and not given.get("d", "").strip():
            return ""
        if identity and name == "path":
            given["id"] = identity  # markers refer to it; its hash is salted with the name of the drawing
        if _LINK in given:
            given["href"] = given.pop(_LINK)
        if given.get("transform", "").startswith("rotate(-0 "):
            del given["transform"]
        if style := _style(given.pop("style", ""), name):
            given["style"] = style
        attributes = "".join(f' {key}="{html.escape(_short(value))}"' for key, value in given.items())
        text = html_cell(element.text or "", 1000) if name == "text" else ""
        return f"<{name}{attributes}>{text}{inside}</{name}>" if text or inside else f"<{name}{attributes}/>"


def _style(style: str, name: str) -> str:
    """A style with the colours of the page; of fonts, only what differs from the page's."""
    kept = []
    for declaration in filter(None, map(str.strip, style.split(";"))):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        value = _VARIABLES.get(value, value)
        if key in ("font", "font-size", "font-weight"):
            size = re.search(r"([\d.]+)px", value)
            if size is not None and float(size[1]) != SIZE:
                kept.append(f"font-size:{float(size[1]):g}px")
            if re.search(r"\b(bold|[67]00)\b", value):
                kept.append("font-weight:600")
        elif key.startswith("font") or (name == "text" and (key, value) == ("fill", "var(--ink)")):
            continue
        elif (key, value) not in (("stroke-linecap", "square"), ("text-anchor", "start"), ("stroke-linejoin", "miter")):
            kept.append(f"{key}:{value}")
    return ";".join(kept)


def _short(text: str) -> str:
    """Numbers to a tenth of a pixel, and no spaces that say nothing."""
    text = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), " ".join(text.split()))
    return re.sub(r" ?([MLCQz]) ?", r"\1", text) if text.startswith("M ") else text


def draw(name: str, label: str, size: tuple[int, int], paint: Callable[[Drawing], None]) -> Html:
    """A drawing of (width, height) pixels, which `paint` draws. `name` differs from that of any other drawing on the page.

    What is drawn depends on nothing but the arguments: not on the user's settings of matplotlib, and not on the date. Raises
    MissingPackageError without matplotlib.
    """
    mpl = load_matplotlib()
    with ExitStack() as settings:
        settings.enter_context(mpl.rc_context())
        settings.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of letters that its own font lacks: the browser has them
        mpl.rcdefaults()
        mpl.rcParams.update({
            "svg.fonttype": "none", "svg.hashsalt": name, "text.parse_math": False, "axes.unicode_minus": False, "path.simplify": False,
            "font.size": SIZE, "axes.labelsize": SIZE, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
            "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
            "text.color": COLOURS["ink"], "axes.labelcolor": COLOURS["ink"], "xtick.labelcolor": COLOURS["ink"],
            "ytick.labelcolor": COLOURS["ink"], "axes.edgecolor": COLOURS["ink"],
        })  # fmt: skip
        drawing = Drawing(*size)
        paint(drawing)
        return drawing.svg(label)


def can_be_drawn(value: float) -> bool:
    """Whether a number has a place on a logarithmic axis. Figures may come from a file, and then be anything."""
    return 1e-15 < value < 1e18


def text_width(text: str, size: float) -> float:
    """Pixels that a text takes in a wide font, so that it fits in most. Raises MissingPackageError without matplotlib."""
    return size * sum(map(_letter_width, text))


@functools.cache
def _letter_width(letter: str) -> float:
    """Of a letter, as a share of the font's size."""
    load_matplotlib()
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font lacks: it measures a box instead
        return float(text_to_path.get_text_width_height_descent(letter, FontProperties("DejaVu Sans", size=100), False)[0]) / 100


def load_matplotlib() -> ModuleType:
    try:
        import matplotlib as mpl
    except ImportError as error:
        reason = "is not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be loaded: {error}"
        raise MissingPackageError(
            f"to draw a benchmark takes the package matplotlib, which {reason}", "pip install 'tinylite[bench]', or save it as JSON"
        ) from None
    return mpl


def fitted(text: str, width: float, size: float = SIZE, start: float = 1 / 3) -> str:
    """A text from a file as it can be shown; where it takes more than `width` pixels, without its middle.

    `start` is the share of what remains that is from before the middle: the names of tensors differ at their ends.
    """
    text = printable(text)
    if text_width(text, size) <= width:
        return text
    low, high = 1, len(text)  # letters that are kept: `low` of them fit, or nothing does
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if text_width(_cut(text, middle, start), size) <= width else (low, middle)
    return _cut(text, low, start)


def _cut(text: str, kept: int, start: float) -> str:
    first = int(kept * start)
    return f"{text[:first]}…{text[len(text) - (kept - first) :]}"


def log_ticks(low: float, high: float, most: int = 9) -> list[float]:
    """Round numbers from `low` to `high` for a logarithmic axis: 1, 2, 5, 10, ..., or fewer of them if that is more than `most`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps: Iterable[tuple[tuple[int, ...], int]] = (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3), ((1,), 6))
    ticks: list[float] = []
    for digits, every in steps:
        ticks = [digit * 10.0**power for power in range(first, last + 1, every) for digit in digits if low <= digit * 10.0**power <= high]
        if len(ticks) <= most:
            break
    return ticks
