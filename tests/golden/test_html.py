"""Reports as pages: what is on them, and that names and sizes from files break nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tinylite.errors import FileError
from tinylite.golden import Golden, GoldenTensor, Record, Report, Tolerance, check, record
from tinylite.golden.html import render, write

from .goldens import golden_of
from .network import Dump, changed, network

pytest.importorskip("PIL")

DIGITS = Path(__file__).parents[2] / "tinylite" / "demo" / "digits_uint8.tflite"
VOID = {"meta", "img"}  # and what closes itself in SVG


class Page(HTMLParser):
    """A page taken apart; fails where tags do not match, or where one could load or run anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.tables, self.described = "", 0, True
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe", "object", "form", "style") or (tag == "style" and self.open[-1] == "head")
        given = dict(attributes)
        for name, value in given.items():
            assert not name.startswith("on"), name
            if name in ("src", "href"):
                assert (value or "").startswith("data:image/png;base64,"), value
        if tag in {"img", "svg"}:
            self.described &= bool(given.get("alt") or given.get("aria-label"))
        self.tables += tag == "table"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += f"{text}\n"


def page_of(report: Report) -> Page:
    page = Page(render(report))
    assert page.described, "a picture without a text alternative"
    return page


def compared(golden: Golden, edit: Callable[[dict[str, np.ndarray]], object], **settings: object) -> Report:
    """The report of a dump that is the golden's values, edited in each case."""
    cases: list[Mapping[str, np.ndarray]] = []
    for records in golden.cases:
        values = {key: kept.value.copy() for key, kept in zip(golden.keys, records, strict=True) if kept.value is not None}
        edit(values)
        cases.append(values)
    return check(golden, using=Dump(cases), **settings)  # type: ignore[arg-type]


def test_a_report_that_passes_lists_all_tensors() -> None:
    page = page_of(check(record(DIGITS, cases=2, layers=True), DIGITS))
    assert "Golden of digits_uint8.tflite: passes" in page.text
    assert page.text.count("equal") == 5 and "How tinylite computes" not in page.text
    assert all(name in page.text for name in ("conv_1/Relu", "conv_2/Relu", "scores", "litert-reference 1", "SHA-256 of the model"))


def test_a_guilty_op_has_its_place_picture_counts_and_explanation() -> None:
    golden = record(DIGITS, cases=2, layers=True)

    def edit(values: dict[str, np.ndarray]) -> None:
        for place, by in (((0, 1, 2, 5), 3), ((0, 3, 3, 7), 1)):
            value = values["conv_2/Relu"]
            value[place] = value[place] + by if value[place] < 128 else value[place] - by

    report = compared(golden, edit, model=DIGITS)
    page = page_of(report)
    text = page.text
    assert "Golden of digits_uint8.tflite: fails" in text and "1 CONV_2D" in text and "guilty" in text
    assert "at 0,1,2,5: golden" in text and "2 of 384 (0.52 %)" in text and "3 steps" in text
    assert "How tinylite computes the worst value" in text and "108 taps" in text
    assert re.search(r"382\n", text) and "+3" in text, "the histogram"
    html = render(report)
    assert html.count("data:image/png") == 1 and 'class="worst"' in html
    assert html.index("What differs first") < html.index('class="worst"') < html.index("All tensors") < html.index("Then and now")
    assert all(command in html.replace("&#x27;", "'") for command in report.commands)


def test_what_cannot_be_explained_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import tinylite

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(tinylite, "explain", refuse, raising=False)
    report = compared(record(DIGITS, cases=1), lambda values: values["scores"].__ixor__(1), model=DIGITS)
    assert "How tinylite computes" not in page_of(report).text


def test_both_arithmetics_are_explained_side_by_side() -> None:
    golden = record(DIGITS, cases=1)
    wrong = replace(golden, cases=((*golden.cases[0][:-1], Record.of(golden.cases[0][-1].value ^ 1)),))
    text = page_of(check(wrong, DIGITS, arithmetic="fast")).text
    assert "litert-reference 1" in text and "fast 1" in text and text.count("litert-reference") > 2


def test_the_first_of_many_tensors_is_drawn_and_the_rest_are_named() -> None:
    model = network()
    golden = record(model, cases=1, layers=True)

    def edit(values: dict[str, np.ndarray]) -> None:
        for key, tensor in zip(golden.keys, golden.tensors, strict=True):
            if tensor.role != "input":
                values[key].flat[0] ^= 1

    report = compared(golden, edit)
    page = page_of(report)
    count = len(report.differences)
    assert count > 6 and f"{count - 6} tensors more of this case" in page.text
    assert page.text.count("How many of the") == 6


def test_layers_that_a_dump_lacks_are_not_called_equal() -> None:
    golden = record(DIGITS, cases=1, layers=True)
    page = page_of(compared(golden, lambda values: values.pop("conv_1/Relu"), model=DIGITS))
    assert page.text.count("equal") == 4 and page.text.count("\nnot compared\n") == 1


def test_of_many_tensors_those_that_agree_are_left_out_first() -> None:
    golden = golden_of({f"t{number}": [np.arange(4, dtype=np.int8)] for number in range(400)})
    page = page_of(compared(golden, lambda values: values["t390"].__iadd__(1)))
    assert "t390" in page.text and "differs first" in page.text and "250 more tensors are left out" in page.text
    page = page_of(compared(golden, lambda values: [value.__iadd__(1) for value in values.values()]))
    assert "250 more tensors are left out" in page.text and len(render(compared(golden, lambda _: None))) < 100_000


def test_tolerances_are_shown_where_they_count() -> None:
    golden = golden_of({"q": [np.arange(9, dtype=np.int8)], "f": [np.arange(9, dtype=np.float32)], "b": [np.zeros(9, bool)]})
    tolerance = Tolerance(lsb=2, rtol=1e-3, share=0.01)
    text = page_of(compared(golden, lambda values: values["q"].__iadd__(1), tolerance=tolerance)).text
    assert "within" in text and "lsb 2, share 0.01" in text and "rtol 0.001, share 0.01" in text
    assert re.search(r"bool\n9\nshare 0.01", text), "lsb says nothing of booleans"


def test_floats_text_booleans_complex_numbers_and_other_shapes() -> None:
    numbers = np.random.default_rng(0)
    golden = golden_of({
        "float": [numbers.normal(size=(1, 6, 6, 3)).astype(np.float32)], "nan": [np.array([1, np.nan, 3], np.float32)],
        "text": [np.array([b"hello", b"w\xf6rld"], object)], "flag": [np.zeros((1, 70), bool)],
        "complex": [np.ones((1, 3, 5), np.complex64)], "shape": [np.arange(3, dtype=np.int32)], "type": [np.arange(3, dtype=np.int32)],
        "wide": [np.array([3, 2**62])], "nothing": [np.zeros((0, 3), np.float32)], "one": [np.array(7, np.int8)],
    })  # fmt: skip

    def edit(values: dict[str, np.ndarray]) -> None:
        values["float"][0, 2, 3, 1] = np.inf
        values["float"][0, 2, 3, 2] += 1e-3
        values["nan"][1] = 2
        values["text"][1] = b"<b>world</b>"
        values["flag"][0, 65] = True
        values["complex"][0, 1, 1] += 1j
        values["shape"] = np.arange(4, dtype=np.int32)
        values["type"] = values["type"].astype(np.int64)
        values["wide"][1] = -(2**62)
        values["one"] += 1

    report = compared(golden, edit)
    for each in report.differences:  # each as what is drawn first
        text = page_of(replace(report, first=each, differences=(each,))).text
        assert each.key in text and "fails" in text
    text = page_of(report).text
    assert "NaN is in other places" in text and "its shape is [4]" in text and "it is int64" in text
    text = page_of(replace(report, first=report.differences[0], differences=report.differences[2:3])).text
    assert "b'w\\xf6rld'" in text and "b'<b>world</b>'" in text


def test_pictures_are_shown_side_by_side() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (2, 16, 12, 3), dtype=np.uint8)
    html = render(compared(golden_of({"picture": [picture]}), lambda values: values["picture"].__setitem__((1, 3, 4, 0), 0)))
    assert len(re.findall(r'<img src="data:image/png[^"]*" alt="(?:Golden|Found) 1 of 2;', html)) == 2


def test_vectors_say_whether_the_largest_value_is_another() -> None:
    golden = golden_of({"scores": [np.array([[1, 5, 3]], np.uint8)]})
    assert "number 1 in both" in page_of(compared(golden, lambda values: values["scores"].__iadd__(1))).text
    moved = page_of(compared(golden, lambda values: values["scores"].__setitem__((0, 2), 9)))
    assert "number 1 in the golden, and number 2 in what was found" in moved.text


def test_hostile_names_are_text() -> None:
    """Tags, marks that turn the direction of writing, halves of surrogate pairs, and no end."""
    names = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\u202eb\u2066", "\udc80\x00\x1b[2J", "x" * 10**6, "&lt;"]
    value = np.arange(40, dtype=np.int8).reshape(1, 5, 8, 1)
    tensors = tuple(GoldenTensor(name, number, "output", "int8", (np.inf,), (0,), -(2**60), number, name)
                    for number, name in enumerate(names))  # fmt: skip
    golden = Golden(names[0], "0" * 64, names[0], 1, names[1], None, names[2], False, tensors, (tuple(Record.of(value) for _ in names),))
    report = compared(golden, lambda values: [each.__iadd__(1) for each in values.values()])
    report = replace(report, hints=tuple(names), notes=tuple(names), commands=tuple(names), model=names[0], now=names[0])
    html = render(report)
    page = Page(html)
    assert "<script>alert(1)</script>" in page.text and "\u202e" not in html and "\u2066" not in html and "\x00" not in html
    assert len(html) < 200_000 and html.encode()


def test_the_page_of_large_tensors_is_bounded() -> None:
    numbers = np.random.default_rng(0)
    golden = golden_of({f"t{number}": [numbers.integers(-128, 128, (1, 300, 300, 16), dtype=np.int8)] for number in range(8)})
    report = compared(golden, lambda values: [value.__ixor__(numbers.integers(0, 128, value.shape, np.int8)) for value in values.values()])
    html = render(report)
    assert len(html) < 5_000_000 and "more of this case" in html and "each place is the largest difference of" in html


def test_pages_are_written_whole_and_over_others_only_if_asked(tmp_path: Path) -> None:
    report = check(record(DIGITS, cases=1), DIGITS)
    path = tmp_path / "report.html"
    write(report, path)
    assert Page(path.read_text()).tables == 2
    path.write_text("mine")
    with pytest.raises(FileError, match="such a file already"):
        write(report, path)
    assert path.read_text() == "mine"
    write(report, path, overwrite=True)
    assert path.read_text() == render(report) and list(tmp_path.iterdir()) == [path]


def test_a_changed_model_is_drawn(tmp_path: Path) -> None:
    model = network()
    golden = record(model, cases=1, layers=True)

    def edit(graph: object) -> None:
        op = next(op for op in graph.ops if op.name == "CONV_2D")  # type: ignore[attr-defined]
        op.inputs[1].buffer = op.inputs[1].buffer.copy()
        op.inputs[1].buffer.flat[0] ^= 64

    page = page_of(check(golden, changed(model, edit), changed_model=True))
    assert "guilty" in page.text and "fails" in page.text
