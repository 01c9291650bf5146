"""Turns a view into one HTML page: the only door to Folium.

Folium gets no text of data, of words or of names: it makes the Leaflet map from numbers and calls our
scripts with ids of layers. Everything readable travels as JSON inside a data block, with `{`, `<`, `>`
and `&` of texts escaped, and is inserted after Jinja has finished; words of the page's frame are
HTML-escaped by us. So no template engine ever sees a word that somebody typed.
"""

import base64
import hashlib
import html as markup
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template as Words
from typing import Any, Literal

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.template import Template

from gis.catalogue import Language, words
from gis.errors import SchemaError
from maps import assets
from maps.mapview import LegendEntry, MapView
from maps.payload import payload

STYLES = ("tokens.css", "page.css")
FIND_TITLES = {
    "toilets": "find.title",
    "coverage": "coverage.service",
    "renovations": "renovations.pick_year",
    "repairs": "repairs.pick",
    "gaps": "gaps.pick",
    "sites": "sites.pick",
}
THEMES = {"": "system", "light": "light", "dark": "dark", "contrast": "contrast"}
_ID = re.compile(r"[a-z][a-z0-9-]*")


def html(
    view: MapView, lang: Language, *, inline: bool = True, other: str = "", assets_at: str = "/assets/"
) -> str:
    """Return a view as a whole HTML page.

    Parameters
    ----------
    lang
        Language of the frame of the page; that of `view`.
    inline
        One file that opens from `file://`, with hashes of its scripts in its content policy;
        otherwise scripts and styles are addresses under `assets_at`.
    other
        Address of the same page in the other language, such as `toilets.en.html`; "" for none.

    Raises
    ------
    NotFoundError
        A script or stylesheet is not among the local files (`maps.assets`).
    SchemaError
        The id of a layer is not letters, digits and hyphens.
    """
    return _figure(view, lang, inline=inline, other=other, assets_at=assets_at).render()


@dataclass(frozen=True)
class Stage:
    """A map with its list, controls, legend and card, to stand inside a page of the service.

    Attributes
    ----------
    main
        HTML of the working area; holds no text of data.
    begin
        The script that makes the map and calls ours, and `source`, what a content policy says of it.
    scripts, styles
        Names of the assets that the page must bring, in order.
    payload
        The data block, JSON that is safe inside a script element.
    """

    main: str
    begin: str
    source: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    payload: str


def stage(
    view: MapView,
    lang: Language,
    *,
    spoken: Mapping[str, str] | None = None,
    page: Mapping[str, Any] | None = None,
) -> Stage:
    """Return a view as the working area of a page that has a frame of its own.

    Parameters
    ----------
    spoken, page
        Words and data of that page, for its own scripts.

    Raises
    ------
    NotFoundError
        A script or stylesheet is not among the local files (`maps.assets`).
    SchemaError
        The id of a layer is not letters, digits and hyphens.
    """
    made = _figure(view, lang, inline=False, other="", assets_at="").stage()
    return replace(made, payload=payload(view, spoken=spoken, page=page)) if spoken or page else made


def _figure(view: MapView, lang: Language, *, inline: bool, other: str, assets_at: str) -> "PageFigure":
    figure = PageFigure(view, lang, inline=inline, other=other, assets_at=assets_at)
    west, south, east, north = view.bounds
    drawn = PageMap([(south + north) / 2, (west + east) / 2])
    figure.add_child(drawn)
    listed = view.tables[0].layer
    drawn.add_child(PageCall("begin", listed))
    for layer in view.layers:
        drawn.add_child(PageCall("draw", layer.id))
    drawn.add_child(PageCall(view.kind, listed))
    return figure


class PageMap(folium.Map):
    """A Leaflet map without tiles, whose own lists of files leave those of other maps alone."""

    def __init__(self, centre: list[float]) -> None:
        super().__init__(centre, tiles=None, zoom_start=8, zoom_control=False)
        self._name, self._id = "map", "tantu"
        self.default_js = [("leaflet", "npm:leaflet.js"), *((name, f"own:{name}") for name in assets.SCRIPTS)]
        self.default_css = [("leaflet_css", "npm:leaflet.css"), *((name, f"own:{name}") for name in STYLES)]
        # `max_zoom` never reaches Leaflet when there are no tiles, so the options are set here.
        self.options |= {
            "minZoom": 6,
            "maxZoom": 18,
            "zoomSnap": 0.25,
            "zoomDelta": 1,
            "wheelPxPerZoomLevel": 90,
            "attributionControl": False,
        }


class PageCall(MacroElement):
    """One call of the page's scripts with the map and the id of a layer, and nothing else.

    Attributes
    ----------
    act
        `begin` once, `draw` for each layer, then the kind of the view, which starts list and filters.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "tantu.{{ this.act }}({{ this._parent.get_name() }}, {{ this.layer|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, act: Literal["begin", "draw", "places", "regions"], layer: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no annotation here
        if not _ID.fullmatch(layer):
            raise SchemaError(layer, "an id of a layer is letters, digits and hyphens")
        self._name = "PageCall"
        self.act = act
        self.layer = layer


class PageFigure(Figure):
    """A page of ours around a Folium map: own frame, landmarks, content policy, local files only."""

    def __init__(self, view: MapView, lang: Language, *, inline: bool, other: str, assets_at: str) -> None:
        super().__init__()
        self.view, self.lang, self.inline, self.other, self.assets_at = view, lang, inline, other, assets_at

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401, ARG002 - signature of branca
        """Return the page.

        Raises
        ------
        NotFoundError
            An element names a file that is not among the local ones.
        """
        whole = self.stage()
        styles_html, style_sources = self._linked(whole.styles, "style")
        scripts_html, script_sources = self._linked(whole.scripts, "script")
        policy = (
            "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' data:; "
            f"style-src {style_sources}; script-src {script_sources} {whole.source}"
        )
        return Words(assets.content("page.html").decode("utf-8")).substitute(
            self._frame(),
            policy=policy,
            styles=styles_html,
            scripts=f"{scripts_html}\n<script>{whole.begin}</script>",
            stage=whole.main,
            payload=whole.payload,
        )

    def stage(self) -> Stage:
        """Return the working area with what it needs, without a frame.

        Raises
        ------
        NotFoundError
            An element names a file that is not among the local ones.
        """
        for child in list(self._children.values()):
            child.render()
        links = list(self.header._children.values())  # noqa: SLF001 - branca offers no other way to them
        begin = _rendered(self.script)
        return Stage(
            main=Words(assets.content("stage.html").decode("utf-8")).substitute(
                self._frame(), map=_rendered(self.html)
            ),
            begin=begin,
            source=_hash(begin),
            scripts=tuple(assets.name(link.url) for link in links if isinstance(link, JavascriptLink)),
            styles=tuple(assets.name(link.url) for link in links if isinstance(link, CssLink)),
            payload=payload(self.view),
        )

    def _linked(self, names: tuple[str, ...], tag: str) -> tuple[str, str]:
        """Return the elements that bring files into the page, and what the content policy says of them."""
        if not self.inline:
            form = '<link rel="stylesheet" href="{}">' if tag == "style" else '<script src="{}"></script>'
            return "\n".join(form.format(markup.escape(self.assets_at + name)) for name in names), "'self'"
        texts = [
            assets.text(name).replace("</", "<\\/") if tag == "script" else assets.text(name)
            for name in names
        ]
        elements = "\n".join(f"<{tag}>{text}</{tag}>" for text in texts)
        return elements, " ".join(_hash(text) for text in texts)

    def _frame(self) -> dict[str, str]:
        """Return the words of the page's frame, each escaped for HTML."""
        view, said = self.view, words(self.lang, "maps")
        plain = {
            "lang": "zh-Hans" if self.lang == "zh" else "en",
            "name": view.name, "kind": view.kind, "title": view.title, "intro": view.intro,
            "brand": said["site.brand"], "tagline": said["site.tagline"], "skip": said["site.skip"],
            "theme_label": said["site.theme"], "noscript": said["site.noscript"],
            "help_title": said["site.help_title"], "help_text": said["site.help_text"],
            "about_title": said["site.about_title"], "find_title": said[FIND_TITLES[view.name]],
            "map_title": said["map.title"], "map_tools": said["map.tools"], "map_help": said["map.help"],
            **{name: said[f"map.{name}"] for name in ("zoom_in", "zoom_out", "zoom_all")},
            "legend_title": said["map.legend"], "card_label": said["card.label"],
            "list_title": view.tables[0].caption,
        }  # fmt: skip
        frame = {key: markup.escape(text) for key, text in plain.items()}
        frame["themes"] = "".join(
            f'<option value="{theme}">{markup.escape(said["site.theme_" + word])}</option>'
            for theme, word in THEMES.items()
        )
        frame["notes"] = "".join(
            f"<li>{markup.escape(note)}</li>" for note in (*view.notes, said["site.library"])
        )
        frame["legend"] = _legend(view.legend)
        frame["other"] = self._other(said["site.other"])
        return frame

    def _other(self, label: str) -> str:
        if not self.other:
            return ""
        language = "en" if self.lang == "zh" else "zh-Hans"
        href = markup.escape(self.other)
        return f'<a class="other" lang="{language}" hreflang="{language}" href="{href}">{label}</a>'


def _legend(entries: tuple[LegendEntry, ...]) -> str:
    # The swatches are empty elements that the page fills with the same marks it draws on the map.
    rows = "".join(
        f'<li><span class="swatch" data-shape="{entry.shape}" data-tone="{entry.tone}"></span>'
        f"{markup.escape(entry.label)}</li>"
        for entry in entries
    )
    return f"<ul>{rows}</ul>"


def _rendered(element: Element) -> str:
    return str(element.render())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
