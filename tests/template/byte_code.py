"""What is wrong with the byte code of a layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

UNCHECKED_HASH = 1
"""The flags of byte code that is compared with its source neither by date nor by content."""
REMEDY = "build the layer by its Makefile, with the Python of the functions' runtime on the PATH"


def byte_code_faults(layer: Path, tag: str, magic: bytes) -> Iterator[str]:
    """A sentence for each module whose byte code Python `tag` ("cpython-313") of that magic number would not use."""
    for source in sorted(layer.rglob("*.py")):
        module = f"{layer.name}: {source.relative_to(layer)}"
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        if not compiled.exists():
            yield f"{module} has no byte code of {tag}: {REMEDY}"
            continue
        header = compiled.read_bytes()[:8]
        if header[:4] != magic:
            yield f"{module} has byte code of another Python than {tag}: {REMEDY}"
        elif int.from_bytes(header[4:], "little") != UNCHECKED_HASH:
            yield f"{module} has byte code that is compared with its source's date: {REMEDY}"
