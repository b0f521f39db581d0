"""``python -m playground.layers ARCHIVE [CACHE]``: the figures of an archive's images, as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playground.layers.archive import Archive
from playground.layers.errors import LayersError
from playground.layers.index import Cache
from playground.layers.library import ArchiveLibrary


def main(archive: str, cache: str) -> int:
    """Print one line an image; 1 for an archive that cannot be read."""
    try:
        with Archive(Path(archive)) as opened:
            library = ArchiveLibrary(opened, Cache(Path(cache)))
            for image in library.images():
                library.analyse(image)
                print(json.dumps({"image": image.id, **library.keep(image)}))
    except (LayersError, OSError) as error:
        print(f"{archive}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m playground.layers ARCHIVE [CACHE]")
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else scratch))
