"""Which functions the loaded libraries of this process have bound to. Needs glibc, 64 bits."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PT_LOAD, _PT_GNU_RELRO = 1, 0x6474E552
_EXECUTABLE, _WRITABLE, _READABLE = 1, 2, 4  # a segment's flags
_RTLD_DI_LINKMAP = 2
_DT_STRTAB, _DT_SYMTAB = 5, 6
_WORD_BYTES = 8


class _Segment(ctypes.Structure):
    """An `Elf64_Phdr`."""

    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("file_bytes", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("align", ctypes.c_uint64),
    ]


class _Info(ctypes.Structure):
    """The beginning of a `dl_phdr_info`."""

    _fields_ = [
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("count", ctypes.c_uint16),
    ]


class _Symbol(ctypes.Structure):
    """An `Elf64_Sym`."""

    _fields_ = [
        ("name", ctypes.c_uint32),
        ("info", ctypes.c_uint8),
        ("other", ctypes.c_uint8),
        ("section", ctypes.c_uint16),
        ("value", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
    ]


class _Entry(ctypes.Structure):
    """An `Elf64_Dyn`."""

    _fields_ = [("tag", ctypes.c_int64), ("value", ctypes.c_uint64)]


class _LinkMap(ctypes.Structure):
    """The beginning of a `link_map`."""

    _fields_ = [
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("dynamic", ctypes.c_void_p),
    ]


@dataclass(frozen=True)
class Region:
    """One mapped part of a library.

    Attributes:
        start: Its first address.
        stop: The address behind the part that comes from the file.
        flags: May be executed (1), written (2), read (4).
        sealed: Whether it was made read-only after the binding (RELRO).
    """

    start: int
    stop: int
    flags: int
    sealed: bool


_c = ctypes.PyDLL(None)  # keeps the GIL: a thread that has it may be loading a library
_Callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Info), ctypes.c_size_t, ctypes.c_void_p)


def regions() -> list[Region]:
    """Every mapped part of every loaded library."""
    found: list[Region] = []

    def note(info: ctypes._Pointer[_Info], _size: int, _data: int) -> int:
        base = info.contents.base
        for segment in info.contents.segments[: info.contents.count]:
            if segment.kind in (_PT_LOAD, _PT_GNU_RELRO):
                start = base + segment.address
                sealed = segment.kind == _PT_GNU_RELRO
                found.append(Region(start, start + segment.file_bytes, segment.flags, sealed))
        return 0

    iterate = _c.dl_iterate_phdr
    iterate.argtypes = [_Callback, ctypes.c_void_p]
    iterate(_Callback(note), None)
    return found


def rebind(replacements: Mapping[int, int]) -> int:
    """Make every loaded library that calls a key call its value instead; returns how many places.

    Libraries keep the addresses of what they call in writable segments, so each word there that
    is a key is such an address.
    """
    if not replacements:
        return 0
    every = regions()
    sealed = [(part.start, part.stop) for part in every if part.sealed]
    low, high = min(replacements), max(replacements)
    count = 0
    for part in every:
        if part.sealed or not part.flags & _WRITABLE:
            continue
        start = -(-part.start // _WORD_BYTES) * _WORD_BYTES
        words = _words(start, (part.stop - start) // _WORD_BYTES)
        for index in np.flatnonzero((words >= low) & (words <= high)).tolist():
            new = replacements.get(int(words[index]))
            address = start + index * _WORD_BYTES
            if new is not None:
                is_sealed = any(begin <= address < end for begin, end in sealed)
                count += _write(address, new, _READABLE if is_sealed else part.flags)
    return count


def hide(library: ctypes.CDLL, functions: Container[str]) -> int:
    """Take functions out of a library's symbol table; returns how many.

    Libraries that are loaded from now on bind to the next that offers them.
    """
    dynamic = _dynamic(library)
    symbols, names = dynamic.get(_DT_SYMTAB, 0), dynamic.get(_DT_STRTAB, 0)
    part = next((p for p in regions() if p.start <= symbols < names <= p.stop), None)
    if part is None or part.sealed:
        return 0
    count = 0
    for address in range(symbols, names, ctypes.sizeof(_Symbol)):
        symbol = _Symbol.from_address(address)
        if symbol.value and ctypes.string_at(names + symbol.name).decode() in functions:
            count += _write(address + _Symbol.value.offset, 0, part.flags)  # undefined from now on
    return count


def _dynamic(library: ctypes.CDLL) -> dict[int, int]:
    """What a library's dynamic section says, by tag."""
    link = ctypes.POINTER(_LinkMap)()
    about = _c.dlinfo
    about.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    if about(library._handle, _RTLD_DI_LINKMAP, ctypes.byref(link)):
        return {}
    found, entries = {}, ctypes.cast(link.contents.dynamic, ctypes.POINTER(_Entry))
    while entries.contents.tag:
        found[entries.contents.tag] = entries.contents.value
        entries = ctypes.cast(
            ctypes.addressof(entries.contents) + ctypes.sizeof(_Entry), ctypes.POINTER(_Entry)
        )
    return found


def _words(start: int, count: int) -> NDArray[np.uint64]:
    memory: Any = (ctypes.c_uint64 * max(0, count)).from_address(start)
    return np.frombuffer(memory, np.uint64)


def _write(address: int, value: int, flags: int) -> bool:
    """Write one word; `flags` are what its page allows, and will again."""
    page = address // mmap.PAGESIZE * mmap.PAGESIZE
    protect = _c.mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if not flags & _WRITABLE and protect(page, mmap.PAGESIZE, _protection(flags | _WRITABLE)):
        return False
    ctypes.c_uint64.from_address(address).value = value
    if not flags & _WRITABLE:
        protect(page, mmap.PAGESIZE, _protection(flags))
    return True


def _protection(flags: int) -> int:
    """`mprotect`'s bits of a segment's: the same, in reverse order."""
    pairs = ((_READABLE, 1), (_WRITABLE, 2), (_EXECUTABLE, 4))
    return sum(bit for flag, bit in pairs if flags & flag)
