"""Finds the files a page needs: our scripts and styles, and the installed npm packages.

Every file a page may name stands in one table, and an address that is not in it raises: that is how a
page can never load anything from another host. In a checkout npm files come from `node_modules`; a
built wheel carries the few that are named here under `maps/static/vendor` (see `pyproject.toml`).
"""

import base64
import mimetypes
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gis.errors import NotFoundError
from maps.styles import tokens_css

TOKENS = "tokens.css"
SCRIPTS = ("theme.js", "codec.js", "page.js", "map.js", "nearby.js", "places.js", "regions.js")
OWN = (*SCRIPTS, "page.css", "page.html", "stage.html")
NPM = (
    "leaflet/dist/leaflet.js",
    "leaflet/dist/leaflet.css",
    "leaflet/dist/images/layers.png",
    "leaflet/dist/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png",
    "leaflet/LICENSE",
)
# What Folium's classes name, and the file that stands for it; the versions are those of package-lock.json.
ADDRESSES = {
    "npm:leaflet.js": "leaflet/dist/leaflet.js",
    "npm:leaflet.css": "leaflet/dist/leaflet.css",
    "own:tokens.css": TOKENS,
    **{f"own:{name}": name for name in OWN},
}
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


def name(address: str) -> str:
    """Return the asset that an address of a Folium element stands for.

    Raises
    ------
    NotFoundError
        The address is not in the table: the page would have to load it from somewhere else.
    """
    if address not in ADDRESSES:
        raise NotFoundError("asset", address, "install it with npm and add it to maps.assets.ADDRESSES")
    return ADDRESSES[address]


@cache
def content(asset: str) -> bytes:
    """Return the bytes of an asset, such as `page.css` or `leaflet/dist/leaflet.js`.

    Raises
    ------
    NotFoundError
        The asset is not in the table, or its npm package is not installed.
    """
    if asset == TOKENS:
        return tokens_css().encode()
    if asset in OWN:
        return _static().joinpath(asset).read_bytes()
    if asset in NPM:
        for folder in (_static().joinpath("vendor"), Path(__file__).parent.parent / "node_modules"):
            found = folder.joinpath(asset)
            if found.is_file():
                return found.read_bytes()
        raise NotFoundError("file", asset, "install the npm packages with: npm ci (./dev setup does)")
    raise NotFoundError("asset", asset)


def text(asset: str) -> str:
    """Return a text asset; addresses of pictures inside a stylesheet become the pictures themselves.

    Raises
    ------
    NotFoundError
        The asset, or a picture its stylesheet names, is not in the table.
    """
    # A browser reads line ends as "\n" before it hashes a script or style, so they are written so.
    written = content(asset).decode("utf-8").replace("\r\n", "\n")
    if not asset.endswith(".css"):
        return written
    folder = asset.rpartition("/")[0]
    return _URL.sub(lambda found: f"url({_data_url(folder, found.group(1))})", written)


def media_type(asset: str) -> str:
    """Return the media type an asset is served with."""
    guessed = mimetypes.guess_type(asset)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def names() -> tuple[str, ...]:
    """Return every asset that may be served."""
    return (TOKENS, *(asset for asset in OWN if not asset.endswith(".html")), *NPM)


def _data_url(folder: str, address: str) -> str:
    if address.startswith(("data:", "#")):
        return address
    asset = f"{folder}/{address}" if folder else address
    return f"data:{mimetypes.guess_type(asset)[0]};base64,{base64.b64encode(content(asset)).decode()}"


def _static() -> Traversable:
    return files("maps").joinpath("static")
