"""Reads the dated tables of `data/`: code lists, words in two languages, facts of a city.

The one place that opens those files for every package but `audits.standards`, which reads the rules;
what is read is cached for the life of the process, since the tables ship with the code.
"""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from gis.errors import CodeError, NotFoundError

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Code:
    """One code of a list, with its labels and whatever else the list says of it."""

    code: str
    zh: str
    en: str
    facts: dict[str, Any]

    def label(self, lang: Language) -> str:
        """Return the label in that language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class CodeList:
    """A list of codes of `data/catalogue`, in the order of the file."""

    name: str
    source: str
    codes: dict[str, Code]

    def __getitem__(self, code: str) -> Code:
        """Return the code.

        Raises
        ------
        CodeError
            The code is not in the list; the message prints the list.
        """
        if code not in self.codes:
            raise CodeError(self.name, code, self.codes)
        return self.codes[code]

    def recognise(self, text: str) -> str | None:
        """Return the code meant by a code, a label in either language or a listed synonym, or None."""
        return self._words.get(text.strip().lower())

    @cached_property
    def _words(self) -> dict[str, str]:
        words = {}
        for code in self.codes.values():
            for word in (code.code, code.zh, code.en, *code.facts.get("synonyms", ())):
                words[word.lower()] = code.code
        return words


@dataclass(frozen=True)
class City:
    """What differs between cities: its name, code, metric CRS and dated facts (`city.toml`)."""

    id: str
    code: str
    zh: str
    en: str
    metric_epsg: int
    facts: dict[str, Any]


@cache
def table(path: str) -> dict[str, Any]:
    """Return a TOML table of `data/`, such as `cities/zhangye/programme.toml`.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    found = files("data").joinpath(path)
    if not found.is_file():
        raise NotFoundError("data table", path)
    return tomllib.loads(found.read_text(encoding="utf-8"))


@cache
def codelist(name: str) -> CodeList:
    """Return a code list of `data/catalogue`.

    Raises
    ------
    NotFoundError
        There is no list of that name.
    """
    raw = table(f"catalogue/{name}.toml")
    codes = {
        code: Code(code, facts.pop("zh"), facts.pop("en"), facts)
        for code, facts in ((key, dict(value)) for key, value in raw["codes"].items())
    }
    return CodeList(name, raw["source"], codes)


@cache
def words(lang: Language, section: str) -> dict[str, str]:
    """Return the words of one section (`data/labels/<lang>/<section>.toml`) as `key.subkey: text`."""
    return _flat(table(f"labels/{lang}/{section}.toml"), "")


@cache
def city(city_id: str) -> City:
    """Return the facts of a city.

    Raises
    ------
    NotFoundError
        There is no folder of that name under `data/cities`.
    """
    raw = table(f"cities/{city_id}/city.toml")
    name = raw["name"]
    return City(city_id, raw["code"], name["zh"], name["en"], raw["metric_epsg"], raw)


def _flat(tree: dict[str, Any], prefix: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
