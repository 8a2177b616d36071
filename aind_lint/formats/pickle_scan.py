"""Which objects would a pickle import and call? Read from its opcodes; nothing is unpickled."""

from __future__ import annotations

from dataclasses import dataclass, field

from aind_lint.formats.codecs.chunk_error import BrokenChunkError

#: What NumPy and hdmf-zarr write for an array of Python objects or of references.
ALLOWED = frozenset(
    {
        "numpy._core.multiarray _reconstruct", "numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype",
        "hdmf_zarr.utils ZarrReference", "_codecs encode",
        "numpy._core.multiarray scalar", "numpy.core.multiarray scalar",
    }
)  # fmt: skip
_PUTS = {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}
_GETS = {"GET", "BINGET", "LONG_BINGET"}
_EXTENSIONS = {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"}
_STRINGS = {"SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}


@dataclass
class PickleContent:
    """What a pickle consists of.

    Attributes:
        imports: Everything that it imports, as ``module name``, in order.
        texts: Every text in it, in order.
    """

    imports: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def unexpected(self) -> list[str]:
        """Imports that an array of objects does not need."""
        return [name for name in self.imports if name not in ALLOWED]


def scan_pickle(data: bytes) -> PickleContent:
    """Scan the opcodes of a pickle.

    Raises:
        BrokenChunkError: It is no pickle, or is cut off.
    """
    import pickletools  # reads opcodes only; takes 5 ms

    content = PickleContent()
    memo: dict[int, str] = {}
    # The texts pushed by the latest opcodes. STACK_GLOBAL must directly follow two of them: whatever else changes the
    # stack in between could hide the name that is really imported.
    pushed: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            name = opcode.name
            if name in _STRINGS:
                content.texts.append(str(argument))
                pushed.append(str(argument))
            elif name in _PUTS:
                memo[len(memo) if name == "MEMOIZE" else int(str(argument))] = pushed[-1] if pushed else ""
            elif name in _GETS and (text := memo.get(int(str(argument)), "")):
                pushed.append(text)
            else:
                if name in ("GLOBAL", "INST"):
                    content.imports.append(str(argument))
                elif name == "STACK_GLOBAL":
                    content.imports.append(" ".join(pushed[-2:]) if len(pushed) > 1 else "a computed name")
                elif name in _EXTENSIONS:
                    content.imports.append(name)
                pushed = []
    except Exception as error:  # genops raises whatever its argument readers do: ValueError, UnicodeDecodeError, …
        raise BrokenChunkError(f"the pickle cannot be read: {error}") from None
    return content
