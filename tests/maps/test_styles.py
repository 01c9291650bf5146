"""The palettes keep the contrast that WCAG 2.2 AA asks for, in every theme."""

import re

import pytest

from maps.styles import (
    DRAWN_CONTRAST,
    LEVEL_MARKS,
    STEP_PATTERNS,
    TEXT_CONTRAST,
    THEMES,
    contrast,
    tokens_css,
)


def test_black_on_white_is_21_and_a_colour_on_itself_is_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#4477aa", "#4477aa") == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "surface", "sunken"])
@pytest.mark.parametrize("ink", ["ink", "ink_soft", "accent", "good", "fair", "poor", "unknown"])
def test_text_is_readable_on_every_ground(theme, ground, ink):
    palette = THEMES[theme]
    assert contrast(getattr(palette, ink), getattr(palette, ground)) >= TEXT_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_labels_are_readable_on_buttons_land_and_every_class_of_an_area(theme):
    palette = THEMES[theme]
    assert contrast(palette.on_accent, palette.accent) >= TEXT_CONTRAST
    assert contrast(palette.ink, palette.land) >= TEXT_CONTRAST
    assert contrast(palette.ink, palette.outside) >= TEXT_CONTRAST
    for step in range(1, 6):
        ratio = contrast(getattr(palette, f"on_step{step}"), getattr(palette, f"step{step}"))
        assert ratio >= TEXT_CONTRAST, step


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "mark", ["county", "township", "motorway", "road", "good", "fair", "poor", "unknown", "chosen"]
)
def test_pins_and_lines_stand_out_from_the_land(theme, mark):
    assert contrast(getattr(THEMES[theme], mark), THEMES[theme].land) >= DRAWN_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_ring_and_borders_of_controls_stand_out(theme):
    palette = THEMES[theme]
    for ground in (palette.paper, palette.surface, palette.sunken, palette.land, palette.outside):
        assert contrast(palette.focus, ground) >= DRAWN_CONTRAST
    # Controls on the map stand on a surface of their own.
    for ground in (palette.paper, palette.surface, palette.sunken):
        assert contrast(palette.control, ground) >= DRAWN_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_classes_of_an_area_grow_steadily_darker_or_lighter(theme):
    palette = THEMES[theme]
    ratios = [contrast(getattr(palette, f"step{step}"), palette.step1) for step in range(1, 6)]
    assert ratios == sorted(ratios)
    assert len(set(ratios)) == 5


def test_what_a_colour_says_a_shape_or_a_pattern_says_too():
    assert len({shape for _, shape in LEVEL_MARKS.values()}) == len(LEVEL_MARKS)
    assert len(set(STEP_PATTERNS)) == 5


def test_the_stylesheet_declares_every_colour_in_every_theme():
    text = tokens_css()
    for theme in ("light", "dark", "contrast"):
        block = re.search(rf"\[data-theme={theme}\]{{([^}}]*)}}", text)
        assert block
        assert f"--on-step5:{THEMES[theme].on_step5};" in block.group(1)
