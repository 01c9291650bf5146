"""Colours, shapes and patterns of every page, and the contrast that a test demands of them.

One palette for each theme; pages read it as CSS custom properties, and pins on the canvas read the
same properties, so that a theme changes in one place. Whatever a colour says, a shape (pins) or a
pattern (areas) says too: about one man in twelve cannot tell our green from our red.
"""

from dataclasses import dataclass, fields
from typing import Literal

Theme = Literal["light", "dark", "contrast"]
Shape = Literal["disc", "diamond", "square", "ring", "triangle", "cross"]
Pattern = Literal["plain", "dots", "hatch", "grid", "lattice", "none"]

# WCAG 2.2: 1.4.3 text, 1.4.11 what is drawn to be understood.
TEXT_CONTRAST = 4.5
DRAWN_CONTRAST = 3.0


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as `#rrggbb`.

    Attributes
    ----------
    paper, surface, sunken
        Page, card and inset backgrounds; `land` and `outside` are those of the map.
    good, fair, poor, unknown
        Accessibility levels, drawn on `land` and written on `surface`.
    step1 ... step5
        Classes of a share from the lowest to the highest.
    """

    paper: str
    surface: str
    sunken: str
    ink: str
    ink_soft: str
    accent: str
    on_accent: str
    control: str
    rule: str
    focus: str
    outside: str
    land: str
    county: str
    township: str
    motorway: str
    road: str
    halo: str
    good: str
    fair: str
    poor: str
    unknown: str
    chosen: str
    step1: str
    step2: str
    step3: str
    step4: str
    step5: str
    on_step1: str
    on_step2: str
    on_step3: str
    on_step4: str
    on_step5: str


THEMES: dict[Theme, Palette] = {
    "light": Palette(
        paper="#f3f6f5", surface="#ffffff", sunken="#e9efed", ink="#14262b", ink_soft="#45565c",
        accent="#0b6660", on_accent="#ffffff", control="#6b7b80", rule="#d3dcda", focus="#0b4fd0",
        outside="#e4eaec", land="#fbfaf5", county="#55656a", township="#8a938f", motorway="#a3742f",
        road="#938b7c", halo="#ffffff", good="#08734a", fair="#9a5200", poor="#b0221c", unknown="#5b676d",
        chosen="#0b4fd0", step1="#eef4f8", step2="#c3dcea", step3="#86b9d6", step4="#27759f", step5="#0d4a78",
        on_step1="#14262b", on_step2="#14262b", on_step3="#14262b", on_step4="#ffffff", on_step5="#ffffff",
    ),
    "dark": Palette(
        paper="#0f1719", surface="#182326", sunken="#213034", ink="#eef3f2", ink_soft="#b4c2c2",
        accent="#5fd0c0", on_accent="#06201d", control="#8599a0", rule="#334448", focus="#8fb8ff",
        outside="#0b1113", land="#1b2629", county="#9fb0b4", township="#748488", motorway="#c9984f",
        road="#8a8576", halo="#0b1113", good="#53d49b", fair="#f0a94a", poor="#ff8a7d", unknown="#a9b6bb",
        chosen="#8fb8ff", step1="#20343f", step2="#27506a", step3="#377798", step4="#6cb2d6", step5="#c4e6f8",
        on_step1="#eef3f2", on_step2="#eef3f2", on_step3="#ffffff", on_step4="#0b1113", on_step5="#0b1113",
    ),
    "contrast": Palette(
        paper="#ffffff", surface="#ffffff", sunken="#ffffff", ink="#000000", ink_soft="#000000",
        accent="#003d66", on_accent="#ffffff", control="#000000", rule="#000000", focus="#7a0099",
        outside="#ffffff", land="#ffffff", county="#000000", township="#4d4d4d", motorway="#5c3500",
        road="#5e5e5e", halo="#ffffff", good="#00522f", fair="#6b3300", poor="#8f0000", unknown="#333333",
        chosen="#7a0099", step1="#ffffff", step2="#cfe3f0", step3="#8fbedb", step4="#125a8a", step5="#00243f",
        on_step1="#000000", on_step2="#000000", on_step3="#000000", on_step4="#ffffff", on_step5="#ffffff",
    ),
}  # fmt: skip

LEVEL_MARKS: dict[str, tuple[str, Shape]] = {
    "accessible": ("good", "disc"),
    "partial": ("fair", "diamond"),
    "not_accessible": ("poor", "square"),
    "unknown": ("unknown", "ring"),
}

# A home that waits, one of another year, one of the chosen year: the order of drawing, the chosen on top.
HOME_MARKS: dict[str, tuple[str, Shape]] = {
    "waiting": ("unknown", "ring"),
    "other_year": ("fair", "diamond"),
    "this_year": ("chosen", "disc"),
}

STEP_PATTERNS: tuple[Pattern, ...] = ("plain", "dots", "hatch", "grid", "lattice")


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two `#rrggbb` colours, from 1 (equal) to 21."""
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def tokens_css() -> str:
    """Return the stylesheet that declares every palette as custom properties.

    Light is the default, dark follows the system, and a reader's own choice (`data-theme` on the root
    element) wins over both.
    """
    light, dark, strong = (_declarations(THEMES[theme]) for theme in ("light", "dark", "contrast"))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}\n"
        f"@media (prefers-contrast:more){{:root{{color-scheme:light;{strong}}}}}\n"
        f":root[data-theme=light]{{color-scheme:light;{light}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f":root[data-theme=contrast]{{color-scheme:light;{strong}}}\n"
        f"@media print{{:root,:root[data-theme]{{color-scheme:light;{light}}}}}\n"
    )


def _declarations(palette: Palette) -> str:
    return "".join(
        f"--{field.name.replace('_', '-')}:{getattr(palette, field.name)};" for field in fields(palette)
    )


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance".
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
