"""Sets papers on A4 with Typst, which brings Chinese type and needs nothing of the machine but a font.

Everything that varies reaches a template as JSON and is set as text: no name, address or remark can become
markup. A template opens no file and fetches no package; without a Chinese font nothing is set, since a page
of empty boxes is worse than none. The same paper gives the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from gis.errors import ExtensionMissingError

FONTS = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC", "SimSun")
DPI = 100.0  # of pages as pictures


def typeset(template: bytes, said: Mapping[str, Any], form: Literal["pdf", "png"]) -> list[bytes]:
    """Return a paper as one PDF, or as one PNG a page.

    Parameters
    ----------
    template
        Typst source that reads `json(bytes(sys.inputs.data))`.
    said
        Plain JSON values; the name of the font is added as `font`.

    Raises
    ------
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    try:
        import typst  # noqa: PLC0415  only a paper needs it
    except ImportError as error:
        raise ExtensionMissingError("Typst", "pip install typst") from error
    fonts = typst.Fonts()
    font = next((name for name in FONTS if name in fonts.families()), None)
    if font is None:
        raise ExtensionMissingError("A Chinese font", "apt-get install fonts-noto-cjk")
    data = json.dumps(dict(said) | {"font": font}, ensure_ascii=False)
    made: bytes | list[bytes] = typst.compile(template, format=form, ppi=DPI, sys_inputs={"data": data})
    return made if isinstance(made, list) else [made]
