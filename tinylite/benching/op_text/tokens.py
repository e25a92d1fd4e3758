"""A line cut into words, each with its place."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from ...errors import SettingError, quoted

__all__ = ["Token", "refuse", "tokens_of"]

_LONGEST = 20_000  # characters of a line
_OPEN, _CLOSE = "[(", "])"


class Token(NamedTuple):
    """A word of a line, without the spaces that its brackets have, and the column where it begins, from 1 on."""

    text: str
    column: int


def refuse(token: Token, problem: str, remedy: str | None) -> NoReturn:
    """Raise a SettingError that says which word it is about, and where that is."""
    error = SettingError(f"{quoted(token.text)} {problem}", remedy)
    error.places.append(f"column {token.column}")
    raise error


def tokens_of(line: str) -> list[Token]:
    """The words of a line; what is in brackets is one word. Raises SettingError for brackets that do not match."""
    if len(line) > _LONGEST:
        raise SettingError(f"the line has {len(line)} characters, more than {_LONGEST}", "Write one op a line")
    found: list[Token] = []
    letters: list[str] = []
    opened: list[tuple[str, int]] = []
    start = 0
    for column, letter in enumerate(f"{line} ", 1):
        if letter.isspace():
            if letters and not opened:
                found.append(Token("".join(letters), start))
                letters = []
            continue
        start = start if letters else column
        letters.append(letter)
        if letter in _OPEN:
            opened.append((letter, column))
        elif letter in _CLOSE:
            if not opened or _OPEN.index(opened[-1][0]) != _CLOSE.index(letter):
                refuse(Token("".join(letters), start), f"closes {letter!r}, which is not open", "Write [1,2] for values, (2) for one value")
            opened.pop()
    if opened:
        letter, column = opened[-1]
        refuse(Token(line[column - 1 :], column), f"opens {letter!r} and does not close it", "Write [1,2] for values, (2) for one value")
    return found
