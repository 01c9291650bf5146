"""A small and a full-size demonstration city, generated once and read back from their files."""

import geopandas as gpd
import pandas as pd
import pytest

from data.demo import generate

SMALL = 2000


class Town:
    """The files of one generated city, read back."""

    def __init__(self, files):
        self.files = files
        text = {"region_code": str, "certificate": str, "phone": str, "duplicate_of": str, "not_met": str}
        self.regions, self.roads, self.households = (
            gpd.read_file(path) for path in (files.regions, files.roads, files.households)
        )
        self.facilities, self.toilets, self.people, self.audits = (
            pd.read_csv(path, dtype=text)
            for path in (files.facilities, files.toilets, files.people, files.audits)
        )
        self.truth = {name: pd.read_csv(path, dtype=text) for name, path in files.truth.items()}


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Town:
    return Town(generate(tmp_path_factory.mktemp("small"), people=SMALL, seed=1))


@pytest.fixture(scope="session")
def full(tmp_path_factory) -> Town:
    return Town(generate(tmp_path_factory.mktemp("full")))
