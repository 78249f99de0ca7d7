"""A file of bytes as lines of text: gzip by its magic bytes, the encoding by its byte order mark."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO

from .faults import ReportRefused

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BUFFER = 256 * 1024


class _Headed(io.RawIOBase):
    """A stream whose first bytes may be looked at, and that tells how much has been read. It closes nothing."""

    def __init__(self, source: BinaryIO | _Unpacked, advance: Callable[[int], object] = int) -> None:
        self._source, self._advance = source, advance
        self.head = b""
        while len(self.head) < 4 and (more := source.read(4 - len(self.head))):
            self.head += more
        self._unread = self.head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, says the type of RawIOBase
        data = self._unread or self._source.read(len(buffer))
        self._unread = b""
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


@contextmanager
def text_of(source: BinaryIO, advance: Callable[[int], object] = int) -> Iterator[TextIO]:
    """The text of a file or pipe; ``advance`` hears how many of its bytes were read."""
    packed = _Headed(source, advance)
    if packed.head.startswith(_ZIP):
        raise ReportRefused.at(0, "this is a ZIP archive or an Excel workbook; unpack it, or save it as CSV")
    plain = _Headed(_Unpacked(packed)) if packed.head.startswith(_GZIP) else packed
    encoding = next((name for mark, name in _MARKS.items() if plain.head.startswith(mark)), "utf-8")
    with io.TextIOWrapper(io.BufferedReader(plain, _BUFFER), encoding, newline="") as text:
        yield text


class _Unpacked:
    def __init__(self, packed: _Headed) -> None:
        self._file = gzip.GzipFile(fileobj=io.BufferedReader(packed, _BUFFER))

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ReportRefused.at(0, f"the gzip file is cut off or damaged: {error}") from None
