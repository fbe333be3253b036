"""Compound files (复合文档): the stream inside an old Office file."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SHIFTS = (9, 12)  # sectors of 512 or 4096 bytes
_ENTRY = 128
_LISTED = 109  # sectors of the allocation table that the header names
_NONE = 0xFFFFFFFA  # this and above are no sectors
_HEAD = 512
_SMALL = 4096  # a stream below this lies in small sectors inside another
_SMALL_SECTOR = 64


def stream(data: bytes, names: Collection[str]) -> bytes:
    """Content of the first stream with one of these names, empty when it cannot be found."""
    if not data.startswith(OLE) or len(data) < _HEAD:
        return b""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in _SHIFTS:
        return b""
    sectors = _Sectors(data, 1 << shift)
    directory = sectors.chain(struct.unpack_from("<I", data, 48)[0])
    for place in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<H", directory, place + 64)[0]
        name = directory[place : place + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        if name in names:
            first, size = struct.unpack_from("<II", directory, place + 116)
            return sectors.small(directory, first) if size < _SMALL else sectors.chain(first)
    return b""


class _Sectors:
    """The sectors of a compound file and which follows which."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size
        tables = list(struct.unpack_from(f"<{_LISTED}I", data, 76))
        more, seen = struct.unpack_from("<I", data, 68)[0], set[int]()
        while more < _NONE and more not in seen:
            seen.add(more)
            listed = self._numbers(more)
            tables, more = tables + listed[:-1], listed[-1] if listed else _NONE
        self._next = [one for table in tables if table < _NONE for one in self._numbers(table)]

    def chain(self, first: int) -> bytes:
        """Content of the sectors from the first one on, each at most once."""
        parts: list[bytes] = []
        seen: set[int] = set()
        while first < len(self._next) and first not in seen:
            seen.add(first)
            parts.append(self._sector(first))
            first = self._next[first]
        return b"".join(parts)

    def small(self, directory: bytes, first: int) -> bytes:
        """Content of the small sectors from this one on, each at most once."""
        inside = self.chain(struct.unpack_from("<I", directory, 116)[0])
        table = self.chain(struct.unpack_from("<I", self._data, 60)[0])
        following = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
        parts: list[bytes] = []
        seen: set[int] = set()
        while first < len(following) and first not in seen:
            seen.add(first)
            parts.append(inside[first * _SMALL_SECTOR : (first + 1) * _SMALL_SECTOR])
            first = following[first]
        return b"".join(parts)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _numbers(self, sector: int) -> list[int]:
        content = self._sector(sector)
        return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))
