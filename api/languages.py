"""Which of the two languages a caller reads, by the header Accept-Language (RFC 9110, 12.5.4)."""

from gis.catalogue import Language

LONGEST = 200  # characters of the header that are looked at


def preferred(header: str | None, default: Language) -> Language:
    """Return the language with the highest weight that we speak, else the default."""
    best: tuple[float, Language] = (0.0, default)
    for part in (header or "")[:LONGEST].split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        asked = _weight(weight)
        if asked <= best[0]:
            continue
        if language == "zh":
            best = (asked, "zh")
        elif language == "en":
            best = (asked, "en")
    return best[1]


def _weight(text: str) -> float:
    name, _, number = text.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(number)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
