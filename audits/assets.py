"""The layer of registered assets: what the plan asks something of and no other layer holds.

Vehicles, websites and apps have no position and are kept all the same. A car park with more accessible bays
than bays is set aside, since one of the two figures must be wrong.
"""

from pandas import DataFrame

from gis.schema import NAME, REGION_CODE, UID
from gis.specs import Column, LayerSpec, RowIssue

UNPLACED = ("bus", "train", "aircraft", "website", "app")


def check_bays(rows: DataFrame) -> list[RowIssue]:
    """Set aside car parks with more accessible bays than bays."""
    wrong = (rows["accessible_bays"] > rows["total_bays"]).fillna(value=False).astype(bool)
    hint = "more accessible bays than bays"
    return [
        RowIssue(int(row), "accessible_bays", "quarantined", "bays-contradict", hint)
        for row in rows.index[wrong]
    ]


def check_positions(rows: DataFrame) -> list[RowIssue]:
    """Note things that stand somewhere and have no position: they belong to no region."""
    if "geometry" not in rows:
        return []
    lost = rows["geometry"].isna() & ~rows["kind"].isin(UNPLACED)
    hint = "it has no position, so no map shows it"
    return [RowIssue(int(row), "geometry", "noted", "no-position", hint) for row in rows.index[lost]]


ASSETS = LayerSpec(
    "assets",
    "Any",
    (
        UID,
        NAME,
        REGION_CODE,
        Column("kind", "code", required=True, codes="asset_kind", synonyms=("类别", "资产类别", "type")),
        Column("subtype", "code", codes="asset_subtype", synonyms=("子类", "停车场类别", "设备类别")),
        Column("scope", "code", codes="asset_scope", synonyms=("位置类别", "所在区域")),
        Column("route", length=40, synonyms=("线路", "公交线路", "line")),
        Column("owner", synonyms=("产权单位", "运营单位", "operator")),
        Column("equipped", "bool", synonyms=("是否配备", "已配备", "无障碍配备")),
        Column("total_bays", "int", low=0, synonyms=("车位总数", "总车位", "capacity"), aliases=()),
        Column("accessible_bays", "int", low=0, synonyms=("无障碍车位数", "无障碍车位", "capacity:disabled")),
        Column("tested_on", "date", synonyms=("检测日期",)),
        Column("url", synonyms=("网址", "website_url")),
        Column("built_on", "date", synonyms=("建成日期", "竣工日期")),
        Column("note", synonyms=("备注",)),
    ),
    checks=(check_bays, check_positions),
    geometry_required=False,
)
