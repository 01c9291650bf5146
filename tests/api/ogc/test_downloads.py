"""A collection comes as a file that others open, whole or as a filter leaves it."""

import io

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from tests.api.ogc.conftest import TOILETS

DOWNLOAD = "/ogc/collections/toilets/download"


def opened(content: bytes, ending: str, folder) -> pd.DataFrame:
    path = folder / f"toilets.{ending}"
    path.write_bytes(content)
    if ending == "csv":
        return pd.read_csv(path, encoding="utf-8-sig")
    if ending == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
        return pd.DataFrame(rows[1:], columns=rows[0])
    return gpd.read_parquet(path) if ending == "parquet" else pyogrio.read_dataframe(path)


@pytest.mark.parametrize("ending", ["geojson", "csv", "xlsx", "gpkg", "fgb", "parquet"])
def test_every_format_holds_all_features_with_values_and_places(public, ending, tmp_path):
    answer = public.get(DOWNLOAD, params={"f": ending})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="toilets.{ending}"'
    features = opened(answer.content, ending, tmp_path)
    assert len(features) == TOILETS
    row = features.set_index("uid").loc["t0511"]
    assert (row["name"], int(row["rooms"]), bool(row["free"])) == ("公厕 511", 0, False)
    assert "note" not in features
    place = (row["lon"], row["lat"]) if ending in {"csv", "xlsx"} else (row.geometry.x, row.geometry.y)
    assert place == pytest.approx((100.1, 38.11))


def test_a_file_holds_what_filter_box_and_property_leave(public):
    asked = {"f": "csv", "filter": "rooms > 3", "bbox": "100,38,100.02,38.2", "wheelchair": "yes"}
    lines = public.get(DOWNLOAD, params=asked).text.splitlines()[1:]
    near = [n for n in range(150) if n % 50 <= 20]
    assert [line.split(",")[0] for line in lines] == [f"t{n:04d}" for n in near if n % 7 > 3 and n % 4 == 0]


def test_an_empty_file_still_has_its_columns(public):
    lines = public.get(DOWNLOAD, params={"f": "csv", "rooms": "99"}).text.splitlines()
    assert len(lines) == 1
    assert "wheelchair" in lines[0]


@pytest.mark.parametrize("asked", [{}, {"f": "dwg"}, {"f": "csv", "limit": "1"}, {"f": "csv", "crs": "x"}])
def test_a_file_without_a_known_format_is_refused(public, asked):
    assert public.get(DOWNLOAD, params=asked).status_code == 400


def test_a_name_that_looks_like_a_formula_stays_a_text(public):
    # The writers of gis.files see to it; here only that downloads go through them.
    assert public.get(DOWNLOAD, params={"f": "csv"}).content.startswith(b"\xef\xbb\xbf")
