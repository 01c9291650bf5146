"""The hand-drawn town that tests stand on: round metres, so that every expectation is arithmetic.

The plan is drawn in metres east and north of a corner of Zhangye, `ORIGIN` in EPSG:32647. Distances are
those of that plane; on the ground they are about .02 % longer.

Regions: the city 6207 has the county 620799, a rectangle of 2,000 m by 1,000 m. Its townships are the
west half (620799100) and the east half (620799101); each has a southern village (y < 500) and a northern one:

    y 1000 +-----------------------+-----------------------+
           | north village         | north village   M---N |   y 900
           | 620799100202     I-----J====>K-----L          |   y 600
       500 +------------------:-----|-----|-----#----------+
           | south village    E-----F--x--G-----H          |   y 400
           | 620799100201     |     |     |     |          |   620799101201
           |                  A-----B-----C-----D          |   y 200
     y   0 +-----------------------+-----------------------+
             x = 700 A E I, 900 B F J, 1100 C G K, 1300 D H L, 1700 M, 1900 N; the halves meet at x = 1000

Every street between neighbouring letters is 200 m long, drivable and 36 km/h (10 m/s: 20 s) except:

    F-G   kerb raised by 150 mm: no wheelchair (F-B-C-G, 600 m, instead); on foot and by car 200 m
    J>K   one-way for cars from J to K (K-G-F-J, 600 m, back); on foot 200 m both ways
    E-I   a footway: no cars (E-F-J-I, 600 m, instead)
    H-L   steps: no cars, no wheelchairs (H-G-K-L, 600 m, instead)
    M-N   a street that is joined to nothing

Homes (people): h1 (2) on G-H, 50 m from G; h2 (1) on C-G, 80 m from G; h3 (1) at F; h4 (1) at M.
Toilets: t1 accessible at G; t2 with steps at I; t3 closed at A.
Facilities: f1 rehabilitation at B; f2 care at L; f3 hospital at D; f4 rehabilitation, still planned, at E.

A frame of `Town` is in metres; `town.lonlat` is the same town in EPSG:4326, as layers are kept. Every frame
has all columns of its layer in `gis.schema`, unknown ones empty. `homes` has `people` besides;
`households` are the homes without it.
"""

from dataclasses import dataclass, fields
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.schema import LAYERS
from gis.specs import LayerSpec

METRIC_EPSG = 32647
ORIGIN = (625_000.0, 4_310_000.0)

CITY = "6207"
COUNTY = "620799"
WEST, EAST = "620799100", "620799101"
WEST_SOUTH, WEST_NORTH = "620799100201", "620799100202"
EAST_SOUTH, EAST_NORTH = "620799101201", "620799101202"

CORNERS = {
    "A": (700, 200), "B": (900, 200), "C": (1100, 200), "D": (1300, 200),
    "E": (700, 400), "F": (900, 400), "G": (1100, 400), "H": (1300, 400),
    "I": (700, 600), "J": (900, 600), "K": (1100, 600), "L": (1300, 600),
    "M": (1700, 900), "N": (1900, 900),
}  # fmt: skip
STREETS = (
    *("AB", "BC", "CD", "EF", "FG", "GH", "IJ", "JK", "KL"),
    *("AE", "BF", "CG", "DH", "EI", "FJ", "GK", "HL"),
    "MN",
)
SPECIAL = {
    "FG": {"kerb": "raised", "kerb_height_mm": 150.0, "wheelchair": "no", "road_class": "secondary"},
    "EF": {"road_class": "secondary"},
    "GH": {"road_class": "secondary"},
    "JK": {"oneway": "yes"},
    "EI": {"road_class": "footway", "maxspeed_kmh": None, "width_m": 1.5},
    "HL": {"road_class": "steps", "maxspeed_kmh": None, "wheelchair": "no"},
}


@dataclass(frozen=True)
class Town:
    """The layers of the town in EPSG:32647; `lonlat` has them in EPSG:4326.

    Attributes
    ----------
    regions
        City, county, two townships and four villages, all with their area.
    roads
        18 streets, `uid` the two letters (`FG`), each 200 m.
    homes
        Four homes with `people` (5 in all) and the columns of the layer `households`.
    """

    regions: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    toilets: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame

    @property
    def households(self) -> gpd.GeoDataFrame:
        """The homes as the layer `households` has them, without `people`."""
        return self.homes.drop(columns="people")

    @property
    def lonlat(self) -> "Town":
        """The same town as layers are kept, in EPSG:4326."""
        return Town(**{field.name: getattr(self, field.name).to_crs(4326) for field in fields(self)})


def corner(letter: str, *, east: float = 0.0, north: float = 0.0) -> shapely.Point:
    """Return a corner of the town in EPSG:32647, or a place some metres from it."""
    x, y = CORNERS[letter]
    return spot(x + east, y + north)


def spot(x: float, y: float) -> shapely.Point:
    """Return the place at metres (x, y) of the plan in EPSG:32647."""
    return shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y)


def street(letters: str) -> shapely.LineString:
    """Return the straight line through corners, such as `AB` or `ABCD`, in EPSG:32647."""
    return shapely.LineString([corner(letter) for letter in letters])


def build_town() -> Town:
    """Return a new town; a test may change its frames freely."""
    return Town(_regions(), _roads(), _facilities(), _toilets(), _homes())


@pytest.fixture
def town() -> Town:
    """The hand-drawn town, new for every test."""
    return build_town()


def layer(spec: LayerSpec, rows: list[dict]) -> gpd.GeoDataFrame:
    """Return rows as a frame with all columns of a layer in their types, geometry in EPSG:32647."""
    geometry = gpd.GeoSeries([row.pop("geometry") for row in rows], crs=METRIC_EPSG)
    extra = [name for name in rows[0] if name not in spec.names]
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=object) for name in (*spec.names, *extra)
    }
    dtypes = {"int": "Int64", "float": "float64", "bool": "boolean"}
    for column in spec.columns:
        if column.kind in dtypes:
            columns[column.name] = columns[column.name].astype(dtypes[column.kind])
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=METRIC_EPSG)


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    x, y = ORIGIN
    return shapely.box(x + west, y + south, x + east, y + north)


def _regions() -> gpd.GeoDataFrame:
    drawn = (
        (CITY, "测试市", "city", "city", None, _box(0, 0, 2000, 1000)),
        (COUNTY, "方格县", "county", "county", CITY, _box(0, 0, 2000, 1000)),
        (WEST, "西镇", "township", "town", COUNTY, _box(0, 0, 1000, 1000)),
        (EAST, "东乡", "township", "township", COUNTY, _box(1000, 0, 2000, 1000)),
        (WEST_SOUTH, "西南村", "village", "village", WEST, _box(0, 0, 1000, 500)),
        (WEST_NORTH, "西北社区", "village", "community", WEST, _box(0, 500, 1000, 1000)),
        (EAST_SOUTH, "东南村", "village", "village", EAST, _box(1000, 0, 2000, 500)),
        (EAST_NORTH, "东北村", "village", "village", EAST, _box(1000, 500, 2000, 1000)),
    )
    names = ("code", "name", "level", "kind", "parent_code", "geometry")
    rows = [dict(zip(names, row, strict=True)) for row in drawn]
    for row in rows:
        row |= {"uid": row["code"], "valid_from": date(2020, 1, 1)}
        if row["level"] == "village":
            row |= {"population": 100, "has_association": True, "ur_code": "220"}
    return layer(LAYERS["regions"], rows)


def _roads() -> gpd.GeoDataFrame:
    usual = {"road_class": "residential", "oneway": "no", "maxspeed_kmh": 36.0, "surface": "asphalt"}
    rows = [
        {
            "uid": letters,
            "name": f"{letters}街",
            **usual,
            **SPECIAL.get(letters, {}),
            "geometry": street(letters),
        }
        for letters in STREETS
    ]
    return layer(LAYERS["roads"], rows)


def _facilities() -> gpd.GeoDataFrame:
    operating = {"operating_status": "operating", "operator_type": "public"}
    rows = [
        {"uid": "f1", "name": "康复中心", "facility_class": "rehabilitation", "services": "rehabilitation",
         "tier": 2, **operating, "region_code": WEST_SOUTH, "geometry": corner("B")},
        {"uid": "f2", "name": "托养中心", "facility_class": "care", "services": "care;day_care", "capacity": 40,
         **operating, "region_code": EAST_NORTH, "geometry": corner("L")},
        {"uid": "f3", "name": "县医院", "facility_class": "medical", "services": "medical", "wheelchair": "yes",
         **operating, "region_code": EAST_SOUTH, "geometry": corner("D")},
        {"uid": "f4", "name": "新康复站", "facility_class": "rehabilitation", "services": "rehabilitation", "tier": 1,
         "operating_status": "planned", "region_code": WEST_SOUTH, "geometry": corner("E")},
    ]  # fmt: skip
    return layer(LAYERS["facilities"], rows)


def _toilets() -> gpd.GeoDataFrame:
    rows = [
        {"uid": "t1", "name": "广场公厕", "category": "public_service", "operating_status": "operating",
         "wheelchair": "yes", "rooms": 6, "accessible_rooms": 1, "accessible_room": True, "step_free": True,
         "free": True, "open_24h": True, "region_code": EAST_SOUTH, "geometry": corner("G")},
        {"uid": "t2", "name": "市场公厕", "category": "market", "operating_status": "operating",
         "wheelchair": "no", "rooms": 4, "accessible_rooms": 0, "accessible_room": False, "step_free": False,
         "free": True, "open_24h": False, "region_code": WEST_NORTH, "geometry": corner("I")},
        {"uid": "t3", "name": "公园公厕", "category": "park", "operating_status": "closed",
         "region_code": WEST_SOUTH, "geometry": corner("A")},
    ]  # fmt: skip
    return layer(LAYERS["toilets"], rows)


def _homes() -> gpd.GeoDataFrame:
    owned = {"tenure": "own", "safety_grade": "A", "demolition_planned": False, "relocated": False}
    rows = [
        {"uid": "h1", "people": 2, "dwelling_kind": "courtyard", "region_code": EAST_SOUTH, **owned,
         "geometry": corner("G", east=50)},
        {"uid": "h2", "people": 1, "dwelling_kind": "detached", "region_code": EAST_SOUTH, **owned,
         "geometry": corner("G", north=-80)},
        {"uid": "h3", "people": 1, "dwelling_kind": "flat", "storey": 3, "has_lift": False,
         "region_code": WEST_SOUTH, **owned, "geometry": corner("F")},
        {"uid": "h4", "people": 1, "dwelling_kind": "courtyard", "region_code": EAST_NORTH, "tenure": "rented",
         "safety_grade": "C", "demolition_planned": True, "relocated": False, "geometry": corner("M")},
    ]  # fmt: skip
    homes = layer(LAYERS["households"], rows)
    return homes.astype({"people": "int64"})
