"""The data block of a page: a view as JSON that no template engine or script element takes for more."""

import json
import re
from collections.abc import Mapping
from typing import Any

from gis.catalogue import words
from maps.mapview import MapView

# Sections of the words that the scripts of each kind of page speak.
SECTIONS = {
    "places": {"map", "find", "near", "open", "list", "card", "item", "verdict", "feature", "fresh", "value"},
    "regions": {"map", "list", "card", "value", "regions", "coverage", "renovations", "level_name"},
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "{}<>&`$\u2028\u2029"}
_ESCAPES |= dict.fromkeys(range(0xD800, 0xE000), "\\ufffd")


def payload(
    view: MapView, *, spoken: Mapping[str, str] | None = None, page: Mapping[str, Any] | None = None
) -> str:
    """Return the data of a view as JSON that is safe inside a script element and in any template.

    Parameters
    ----------
    spoken
        Further words, of the page that the map stands in.
    page
        What that page's own scripts find as `view.page`.
    """
    said = words(view.lang, "maps")
    whole: dict[str, Any] = {
        "name": view.name, "lang": view.lang, "title": view.title, "bounds": list(view.bounds),
        "layers": [layer.payload() for layer in view.layers],
        "tables": [
            {"layer": table.layer, "caption": table.caption, "columns": _fields(table.columns, said)}
            for table in view.tables
        ],
        "card": _fields(view.tables[0].columns, said),
        "filters": [{"id": entry.id, "label": entry.label, "bit": entry.bit} for entry in view.filters],
        "slices": [{"id": entry.id, "label": entry.label, "note": entry.note} for entry in view.slices],
        "lookups": dict(view.lookups),
        "words": {key: text for key, text in said.items() if key.partition(".")[0] in SECTIONS[view.kind]}
        | dict(spoken or {}),
        "page": dict(page or {}),
        **view.options,
    }  # fmt: skip
    return safe_json(whole)


def safe_json(whole: object) -> str:
    """Return a value as JSON that may stand in a script element of any page.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    written = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _STRING.sub(lambda found: found.group().translate(_ESCAPES), written)


def _fields(columns: tuple[Any, ...], said: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": field.key, "label": said[field.label], "format": field.format} for field in columns]
