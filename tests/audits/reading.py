"""Writes the measurements of a test the way an inspector would say them: `clear_width="850 mm"`."""

import re

import pandas as pd

WRITTEN = re.compile(r"(-?[\d.]+(?:e-?\d+)?) (.+)")


def answer(said):
    """Return value, unit, choice and reason of `900 mm`, `yes`, `?locked`, or a choice."""
    if isinstance(said, bool) or said in {"yes", "no"}:
        return (1.0 if said in {True, "yes"} else 0.0), "bool", None, None
    if said.startswith("?"):
        return None, "", None, said[1:] or None
    found = WRITTEN.fullmatch(said)
    if found:
        return float(found.group(1)), found.group(2), None, None
    return None, "choice", said, None


def readings(element, said, *, place=("toilets", "t1"), visit="v1", no=1):
    """Return the rows of one element from `{attribute: said}`; a list is several readings."""
    rows = []
    for attribute, one in said.items():
        for each in one if isinstance(one, list) else [one]:
            value, unit, choice, reason = answer(each)
            rows.append({
                "place_layer": place[0], "place_uid": place[1], "visit_uid": visit, "element": element,
                "element_no": no, "attribute": attribute, "value": value, "unit": unit, "choice": choice,
                "not_measured": reason,
            })  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(value=frame["value"].astype(float))


def places(**facts):
    """Return the facts of the one place of a test."""
    return pd.DataFrame([{"place_layer": "toilets", "place_uid": "t1", **facts}])
