"""A small city in round tenths of a degree: two counties, four townships, eight villages, six toilets."""

from datetime import date

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, Point, box

from maps.basemap import MapBase
from maps.toilets import ToiletItem
from maps.views import coverage_view, renovation_view, toilet_view

TODAY = date(2026, 11, 24)

PAYLOADS = (
    "{{7*7}}",
    "{% for x in y %}",
    "${alert(1)}",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u202eevil\u202c",
    "𠮷䶮·买买提",
    "`\\u007b\\\"'",
    "a\u2028b\u2029c",
)


def regions(level, boxes):
    rows = [
        {"code": code, "name": f"{level}{code}", "name_en": f"{level.title()} {code}", "parent_code": parent}
        for code, parent, _ in boxes
    ]
    return gpd.GeoDataFrame(rows, geometry=[outline for _, _, outline in boxes], crs="EPSG:4326")


def small_base():
    """West county 620702 from 100.0 to 100.4, east county 620722 from 100.4 to 100.8, 38.8 to 39.2."""
    counties, townships, villages = [], [], []
    for county, west in (("620702", 100.0), ("620722", 100.4)):
        counties.append((county, "6207", box(west, 38.8, west + 0.4, 39.2)))
        for row, township in enumerate(("001", "100")):
            south = 38.8 + 0.2 * row
            code = county + township
            townships.append((code, county, box(west, south, west + 0.4, south + 0.2)))
            for column, village in enumerate(("201", "202")):
                left = west + 0.2 * column
                villages.append((code + village, code, box(left, south, left + 0.2, south + 0.2)))
    roads = gpd.GeoDataFrame(
        {"road_class": ["motorway", "primary", "residential"]},
        geometry=[
            LineString([(100.0, 39.0), (100.8, 39.0)]),
            LineString([(100.2, 38.8), (100.2, 39.2)]),
            LineString([(100.1, 38.9), (100.1, 38.91)]),
        ],
        crs="EPSG:4326",
    )
    return MapBase(
        regions("county", counties), regions("township", townships), roads, regions("village", villages)
    )


def toilets(text=None, count=2):
    """`count` toilets in the west county; the first is accessible, the second was never inspected."""
    rows = []
    for k in range(count):
        first = k % 2 == 0
        rows.append(
            {
                "uid": f"T{k}",
                "name": text if text is not None else f"公厕{k}",
                "address": text if text is not None else f"南街{k}号",
                "opening_hours": text,
                "phone": text,
                "category": "park",
                "operating_status": "operating",
                "region_code": "620702001201",
                "level": "accessible" if first else None,
                "inspected_on": date(2026, 10, 1) if first else None,
                "accessible_room": True if first else None,
                "free": True,
                "third_toilet": False,
                "items": [
                    ToiletItem(
                        text or "门净宽",
                        text or "GB 55019-2021 3.2.5",
                        850.0,
                        text or "mm",
                        text or "≥ 800",
                        "met",
                    ),
                    ToiletItem("回转直径", "GB 55019-2021 3.2.4", None, "m", "≥ 1.50", "unknown"),
                ]
                if first
                else [],
            }
        )
    places = [Point(100.05 + 0.01 * k, 38.85) for k in range(count)]
    return gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4326")


def toilet_page(lang, text=None, count=2):
    return toilet_view(toilets(text, count), lang=lang, on=TODAY, base=small_base())


SERVICES = ("rehabilitation", "accessible_toilet")


def reach():
    """Ten people in each of eight villages; rehabilitation reaches all of the west, toilets nobody."""
    villages = small_base().villages
    rows = []
    for service in SERVICES:
        for code in villages["code"]:
            reached = 10 if service == "rehabilitation" and code.startswith("620702") else 0
            rows += [(service, code[:digits], 10, reached) for digits in (6, 9, 12)]
    frame = pd.DataFrame(rows, columns=["service", "code", "people", "reached"])
    return frame.groupby(["service", "code"], as_index=False).sum()


def service_places(text=None):
    """One rehabilitation centre in the west county, one accessible toilet in the east."""
    return gpd.GeoDataFrame(
        {
            "uid": ["F1", "F2"],
            "name": [text or "康复中心", text or "广场公厕"],
            "service": list(SERVICES),
            "facility_class": ["rehabilitation", None],
            "address": [text, text],
            "region_code": ["620702001201", "620722100202"],
        },
        geometry=[Point(100.1, 38.9), Point(100.7, 39.1)],
        crs="EPSG:4326",
    )


def homes():
    """In each county 12 homes for 2026 and 8 for 2027, in its first village; three wait."""
    rows, places = [], []
    for county, west in (("620702", 100.0), ("620722", 100.4)):
        for k in range(23):
            year = 2026 if k < 12 else 2027 if k < 20 else None
            rows.append(
                {
                    "uid": f"H{county}{k:02d}",
                    "region_code": county + "001201",
                    "year": year,
                    "cost_yuan": 1000.0,
                }
            )
            places.append(Point(west + 0.05 + 0.005 * k, 38.9))
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=places, crs="EPSG:4326")


def coverage_page(lang, text=None):
    return coverage_view(reach(), service_places(text), lang=lang, base=small_base())


def renovation_page(lang, audience="public"):
    return renovation_view(homes(), lang=lang, years=(2026, 2027), base=small_base(), audience=audience)
