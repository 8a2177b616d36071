"""Reading ahead: a crew reads the small files for the plan while this process is still checking."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_rows
from aind_lint.publication.upload.worker_pool import BATCH, SMALL, WorkerPool

#: Places in the listing, and the files with their sizes.
_Order = tuple[list[int], list[tuple[str, int]]]


class ChecksumPrefetch:
    """Checksums of files by their place in the listing, as far as a crew could read them.

    Attributes:
        crcs: The checksums.
        known: 1 where there is one.
        count: How many there are.
        size: Of how many bytes.
    """

    def __init__(self, crew: WorkerPool, asset: Asset) -> None:
        """Begin to read."""
        files = asset.listing.files
        self.crcs = array("Q", bytes(8 * len(files)))
        self.known = bytearray(len(files))
        self.count = self.size = 0
        self._lock = Lock()
        self._thread = Thread(target=self._read, args=(crew, self._orders(asset)), daemon=True)
        self._thread.start()

    def _read(self, crew: WorkerPool, orders: Iterator[_Order]) -> None:
        with suppress(Exception):  # what is not read here is read later, and whatever is wrong is said there
            crew.work(orders, _put, self._hear, Event())

    def wait(self) -> None:
        """Wait until everything is read."""
        while self._thread.is_alive():
            self._thread.join(0.2)  # on Windows an endless wait hears no interrupt

    @staticmethod
    def _orders(asset: Asset) -> Iterator[_Order]:
        checked = set(asset.sidecar_keys)  # of these the bytes that were checked count
        places: list[int] = []
        files: list[tuple[str, int]] = []
        for place, (key, size, _) in enumerate(file_rows(asset.listing.files)):
            if size <= SMALL and key not in checked:
                places.append(place)
                files.append((key, size))
            if len(files) == BATCH:
                yield places, files
                places, files = [], []
        if files:
            yield places, files

    def _hear(self, order: _Order, crcs: list[Any]) -> None:
        for place, (_, size), crc in zip(*order, crcs, strict=True):
            if crc is not None:
                self.crcs[place] = crc
                self.known[place] = 1
                with self._lock:
                    self.count += 1
                    self.size += size


def _put(order: _Order) -> dict[str, Any]:
    return {"files": order[1]}
