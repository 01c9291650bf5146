"""Scripts, styles and pictures that pages name: those of the maps and those of the offices, by address.

An address carries a digest of the content, so that a browser keeps a file for a year and still never
shows an old one. A name that is not in the folder of the service or in `maps.assets` does not exist.
"""

import hashlib
from functools import cache
from importlib.resources import files

from gis.errors import NotFoundError
from maps import assets

PREFIX = "app/"
KINDS = (".js", ".css", ".svg", ".png", ".webmanifest")
DIGEST = 12  # characters of the digest in an address


def names() -> tuple[str, ...]:
    """Return every asset that the service shows."""
    folder = files("api").joinpath("static")
    own = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(KINDS))
    return (*(PREFIX + name for name in own), *assets.names())


@cache
def content(name: str) -> bytes:
    """Return the bytes of an asset.

    Raises
    ------
    NotFoundError
        There is no such asset, or its npm package is not installed.
    """
    if name not in names():
        raise NotFoundError("asset", name[:80])
    if name.startswith(PREFIX):
        return files("api").joinpath("static", name.removeprefix(PREFIX)).read_bytes()
    return assets.content(name)


@cache
def digest(name: str) -> str:
    """Return the part of an asset's address that changes with its content."""
    return hashlib.sha256(content(name)).hexdigest()[:DIGEST]


def address(name: str) -> str:
    """Return where a page asks for an asset."""
    return f"/assets/{name}?v={digest(name)}"


def media_type(name: str) -> str:
    """Return the media type an asset is served with."""
    if name.endswith(".webmanifest"):
        return "application/manifest+json"
    return assets.media_type(name)
