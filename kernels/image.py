"""Machine code that needs nobody to load it: object files, linked when they are compiled and copied into memory to run.

llvmlite can load an object file, but loading llvmlite takes as long as everything else a warm start does. A kernel's object
is nearly self-contained, so on Linux on x86-64 it is linked here, once, to an image: its sections one after the other,
with all that is relative to them filled in. What is left to do at run time is to map memory and to store the addresses of
the few C functions that it calls. Other systems load objects by llvmlite.

An image is [entry, imports, bases: 3 words of 32 bits], then for each import its slot (a word) and name (a byte of length,
and text), for each base its slot (a word), then from the next multiple of 64 on the code. A slot is eight bytes in the
code: an import's takes the function's address, a base's is increased by the address where the code lies.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys

__all__ = ["ImageError", "LinkError", "link", "linkable", "load"]

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_HEADER = struct.Struct("<3I")
_PROGBITS, _SYMTAB, _RELA, _NOBITS = 1, 2, 4, 8
_ALLOCATED = 2
_UNDEFINED = 0
# x86-64 relocations: absolute; relative to the place; relative to the place, by way of a slot that holds the address.
_ABS64, _PC32, _PLT32, _PC64 = 1, 2, 4, 24
_GOT = (9, 41, 42)
_ALIGNMENT = 64


# The C functions that kernels may call: what LLVM makes of loops and, for old CPUs, of rounding; what the executor needs of Python and of
# the clock.
_IMPORTS = frozenset({
    "memcpy", "memmove", "memset",
    "ceil", "ceilf", "floor", "floorf", "fma", "fmaf", "roundeven", "roundevenf", "trunc", "truncf",
    "PyErr_CheckSignals", "PyEval_RestoreThread", "PyEval_SaveThread", "PyLong_AsLongLong", "PyLong_FromLongLong",
    "PyThread_get_thread_ident", "clock_gettime",
})  # fmt: skip


class LinkError(ValueError):
    """An object file with something in it that this linker does not know."""


class ImageError(ValueError):
    """Bytes that are not an image which `link` makes."""


def linkable() -> bool:
    """Whether this system runs images."""
    return sys.platform.startswith("linux") and os.uname().machine == "x86_64" and sys.maxsize > 2**32


class _Object:
    """The parts of a 64-bit ELF object file."""

    def __init__(self, code: bytes) -> None:
        if code[:6] != b"\x7fELF\x02\x01":
            raise LinkError("this is no little-endian 64-bit ELF file")
        start = struct.unpack_from("<Q", code, 0x28)[0]
        size, count, names = struct.unpack_from("<3H", code, 0x3A)
        self.code = code
        self.sections = [_SECTION.unpack_from(code, start + size * index) for index in range(count)]
        self.names = self.content(names)
        self.symbols: list[tuple[str, int, int]] = []  # name, section, value
        for index, section in enumerate(self.sections):
            if section[1] == _SYMTAB:
                text, table = self.content(section[6]), self.content(index)
                for name, _, _, home, value, _ in _SYMBOL.iter_unpack(table):
                    self.symbols.append((_text(text, name), home, value))

    def content(self, index: int) -> bytes:
        _, kind, _, _, offset, size, *_ = self.sections[index]
        return bytes(size) if kind == _NOBITS else self.code[offset : offset + size]

    def name(self, index: int) -> str:
        return _text(self.names, self.sections[index][0])


def _text(strings: bytes, start: int) -> str:
    return strings[start : strings.index(b"\0", start)].decode()


class _Linker:
    def __init__(self, code: bytes) -> None:
        self.object = _Object(code)
        self.body = bytearray()
        self.homes: dict[int, int] = {}  # section -> offset in the body
        self.imports: dict[str, int] = {}  # name -> slot
        self.bases: list[int] = []
        self.slots: dict[int, int] = {}  # symbol -> slot
        self.stubs: dict[int, int] = {}  # symbol -> a jump through its slot
        for index, section in enumerate(self.object.sections):
            # Unwinding tables are for exceptions, which kernels have none of.
            if section[1] in (_PROGBITS, _NOBITS) and section[2] & _ALLOCATED and self.object.name(index) != ".eh_frame":
                self.homes[index] = self.add(self.object.content(index), max(section[8], 1))

    def add(self, content: bytes, alignment: int) -> int:
        self.body += b"\0" * (-len(self.body) % alignment)
        start = len(self.body)
        self.body += content
        return start

    def place(self, symbol: int) -> int | None:
        """Where a symbol lies in the body; None if it is not of this object."""
        name, home, value = self.object.symbols[symbol]
        if home == _UNDEFINED:
            return None
        if home not in self.homes:
            raise LinkError(f"symbol {name!r} lies in section {home}, which is not loaded")
        return self.homes[home] + value

    def slot(self, symbol: int) -> int:
        """Eight bytes that will hold the symbol's address."""
        if symbol not in self.slots:
            place = self.place(symbol)
            slot = self.add(struct.pack("<Q", place or 0), 8)
            if place is None:
                name = self.object.symbols[symbol][0]
                if name not in _IMPORTS:
                    raise LinkError(f"it calls the C function {name!r}, which is not among those that kernels may call")
                self.imports[name] = slot
            else:
                self.bases.append(slot)
            self.slots[symbol] = slot
        return self.slots[symbol]

    def stub(self, symbol: int) -> int:
        """A jump to a symbol that may be anywhere."""
        if symbol not in self.stubs:
            slot = self.slot(symbol)
            start = self.add(b"", 8)
            self.body += b"\xff\x25" + struct.pack("<i", slot - (start + 6))
            self.stubs[symbol] = start
        return self.stubs[symbol]

    def relocate(self) -> None:
        for index, section in enumerate(self.object.sections):
            if section[1] != _RELA or section[7] not in self.homes:
                continue
            for offset, info, addend in _RELOCATION.iter_unpack(self.object.content(index)):
                at, symbol, kind = self.homes[section[7]] + offset, info >> 32, info & 0xFFFFFFFF
                place = self.place(symbol)
                if kind in (_PC32, _PLT32):
                    target = self.stub(symbol) if place is None else place
                    struct.pack_into("<i", self.body, at, target + addend - at)
                elif kind in _GOT:
                    struct.pack_into("<i", self.body, at, self.slot(symbol) + addend - at)
                elif kind == _PC64 and place is not None:
                    struct.pack_into("<q", self.body, at, place + addend - at)
                elif kind == _ABS64 and place is not None:
                    struct.pack_into("<Q", self.body, at, place + addend)
                    self.bases.append(at)
                else:
                    raise LinkError(f"relocation {kind} of {self.object.symbols[symbol][0]!r} is unknown")


def link(code: bytes, entry: str) -> bytes:
    """An object file as an image that starts at the function `entry`. Raises LinkError."""
    linker = _Linker(code)
    linker.relocate()
    entries = [linker.place(index) for index, (name, _, _) in enumerate(linker.object.symbols) if name == entry]
    if len(entries) != 1 or entries[0] is None:
        raise LinkError(f"the object does not define {entry!r}")
    head = _HEADER.pack(entries[0], len(linker.imports), len(linker.bases))
    for name, slot in linker.imports.items():
        head += struct.pack("<IB", slot, len(name)) + name.encode()
    head += b"".join(struct.pack("<I", slot) for slot in linker.bases)
    return head + b"\0" * (-len(head) % _ALIGNMENT) + bytes(linker.body)


# Code that runs must stay where it is for as long as the process lives.
_loaded: list[mmap.mmap] = []


class _Image:
    """The parts of an image, each of which lies within it. Raises ImageError."""

    def __init__(self, image: bytes) -> None:
        try:
            self.entry, imports, bases = _HEADER.unpack_from(image)
            at = _HEADER.size
            self.imports: list[tuple[int, str]] = []
            for _ in range(imports):
                slot, length = struct.unpack_from("<IB", image, at)
                name = image[at + 5 : at + 5 + length].decode("ascii")
                if name not in _IMPORTS:
                    raise ImageError(f"{name!r} is not among the functions that kernels may call")
                self.imports.append((slot, name))
                at += 5 + length
            # Its length first: a format with a huge count would take as much memory.
            if bases > (len(image) - at) // 4:
                raise ImageError(f"{bases} bases are more than its {len(image)} bytes hold")
            self.bases: tuple[int, ...] = struct.unpack_from(f"<{bases}I", image, at)
        except (struct.error, UnicodeDecodeError) as error:
            raise ImageError(f"its head is damaged: {error}") from None
        at += 4 * bases
        self.code = image[at + -at % _ALIGNMENT :]
        if self.entry >= len(self.code):
            raise ImageError(f"its entry {self.entry} is behind the end of its code of {len(self.code)} bytes")
        end = 0
        for slot in sorted([*self.bases, *(slot for slot, _ in self.imports)]):
            if slot < end:
                raise ImageError(f"slot {slot} overlaps with another")
            end = slot + 8
        if end > len(self.code):
            raise ImageError(f"slot {end - 8} is behind the end of its code of {len(self.code)} bytes")
        for slot in self.bases:
            (target,) = struct.unpack_from("<Q", self.code, slot)
            if target > len(self.code):
                raise ImageError(f"the address in slot {slot} is behind the end of its code of {len(self.code)} bytes")


def load(image: bytes) -> int:
    """Make an image ready to run; returns the address of its entry. Raises ImageError before anything of it is executable, and OSError if
    the system does not allow it."""
    parts = _Image(image)
    memory = mmap.mmap(-1, len(parts.code), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    memory[:] = parts.code
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for slot, name in parts.imports:
        struct.pack_into("<Q", memory, slot, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)
    for slot in parts.bases:
        struct.pack_into("<Q", memory, slot, struct.unpack_from("<Q", memory, slot)[0] + base)
    protect = ctypes.pythonapi.mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if protect(base, len(memory), mmap.PROT_READ | mmap.PROT_EXEC) != 0:
        raise OSError("the system does not let this process run code that it has made")
    _loaded.append(memory)
    return int(base + parts.entry)
