"""All predicates of the CQL2 standard's test suite, with the counts it expects, on both databases."""

import csv
import re
import unicodedata

import pytest
from pyogrio import read_dataframe

from api.settings import Settings
from tests.api.ogc.natural_earth import FILE, load
from tests.api.people import Doors

pytestmark = pytest.mark.realdata

# The annex once asked for names like 'Ko%' and København; it now asks for Chișinău and kept the old count
# of 2. What the published data holds is counted below without any database.
ERRATA = {
    "ACCENTI(name) LIKE accenti('Ch%')": "Ch",
    "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))": "chis",
    "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))": "chis",
}


def plain(text):
    return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))


@pytest.fixture(scope="module")
def predicates(shared):
    with (shared / "data/ogc_cql2/predicates.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = read_dataframe(shared / FILE, layer="ne_110m_populated_places_simple")["name"]
    for row in rows:
        start = ERRATA.get(row["predicate"])
        if start:
            assert row["expected"] == "2"
            lowered = names.str.lower() if start.islower() else names
            row["expected"] = sum(plain(name).startswith(start) for name in lowered)
    return rows


def test_every_official_predicate_counts_what_the_standard_says(engine, shared, predicates, tmp_path):
    assert len(predicates) == 274
    doors = Doors(Settings(database_url=engine.url.render_as_string(hide_password=False), maps=tmp_path))
    doors.app.state.collections = load(engine, shared)
    wrong = []
    with doors.client() as client:
        for row in predicates:
            answer = client.get(
                f"/ogc/collections/{row['source']}/items",
                params={"filter": row["predicate"], "filter-lang": "cql2-text", "limit": 1},
            )
            found = answer.json().get("numberMatched")
            if found != int(row["expected"]):
                wrong.append((row["predicate"], row["expected"], found))
    doors.close()
    assert wrong == []
