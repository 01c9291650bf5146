"""What the five spatial layers are: their columns, types, units, code lists and other files' words.

A specification is data that `gis.imports` runs and that a test compares with the mapped tables. What may
be questioned: a region's level, parent and kind are filled in where a file lacks them, since the digits
of a statistical code (GB/T 2260 and the 12-digit codes of the National Bureau of Statistics) and the
official name say them; every value so made is listed as a repair.
"""

from itertools import pairwise

from pandas import DataFrame, Index, Series

from gis.catalogue import codelist
from gis.specs import Action, Check, Column, Fill, Geometry, Kind, LayerSpec, RowIssue
from gis.units import kind_of

__all__ = [
    "FACILITIES",
    "HOUSEHOLDS",
    "LAYERS",
    "REGIONS",
    "ROADS",
    "TOILETS",
    "Action",
    "Check",
    "Column",
    "Fill",
    "Geometry",
    "Kind",
    "LayerSpec",
    "RowIssue",
    "short_code",
]


def short_code(code: str) -> str:
    """Return a region code without the zeros that pad it: 620702001000 is 620702001.

    Levels have 4, 6, 9 and 12 digits; whatever is no padded code of digits is returned as it is.
    """
    if len(code) == 12 and code.isdigit():
        for digits in (4, 6, 9):
            if code.endswith("0" * (12 - digits)):
                return code[:digits]
    return code


def derive_from_code(rows: DataFrame) -> tuple[DataFrame, list[RowIssue]]:
    """Return regions with padded codes shortened, and absent levels, parents and kinds filled in.

    Parameters
    ----------
    rows
        Columns of the layer `regions` as `str`, indexed by row number.

    Returns
    -------
    DataFrame
        The level and the code of the region above follow from the digits of the code, the kind from
        the level and the official name. What the file says is never replaced.
    list of RowIssue
        One for every value that was made or shortened.
    """
    rows, issues = rows.copy(), []
    for column in ("code", "parent_code"):
        short = rows[column].map(short_code, na_action="ignore").astype("str")
        changed = rows[column].notna() & (short != rows[column])
        issues += _derived(rows.index[changed], column, "code-shortened")
        rows[column] = short
    codes = rows["code"].where(rows["code"].str.fullmatch(r"\d+").eq(other=True))
    lengths = codes.str.len()
    levels = {facts.facts["digits"]: level for level, facts in codelist("region_level").codes.items()}
    parents = {length: above for above, length in pairwise(sorted(levels))}
    made = {
        "level": (lengths.map(levels), "level-from-code"),
        "parent_code": (_start(codes, lengths.map(parents)), "parent-from-code"),
    }
    for column, (values, reason) in made.items():
        issues += _filled_in(rows, column, values, reason)
    kinds = [kind_of(*pair) if all(pair) else None for pair in zip(rows["name"], rows["level"], strict=True)]
    issues += _filled_in(rows, "kind", Series(kinds, rows.index, dtype="str"), "kind-from-name")
    return rows, issues


def _start(codes: Series, digits: Series) -> Series:
    known = codes.notna() & digits.notna()
    starts = [code[: int(count)] for code, count in zip(codes[known], digits[known], strict=True)]
    return Series(starts, codes.index[known], dtype="str").reindex(codes.index)


def _filled_in(rows: DataFrame, column: str, values: Series, reason: str) -> list[RowIssue]:
    """Fill the gaps of a column in place and return the remarks on them."""
    gaps = rows[column].isna() & values.notna()
    rows[column] = rows[column].where(~gaps, values.astype("str"))
    return _derived(rows.index[gaps], column, reason)


def _derived(rows: Index, column: str, reason: str) -> list[RowIssue]:
    details = {
        "code-shortened": "zeros that pad the code were taken off",
        "level-from-code": "the level follows from the digits of the code",
        "parent-from-code": "the region above follows from the digits of the code",
        "kind-from-name": "the kind follows from the official name",
    }
    return [RowIssue(int(row), column, "repaired", reason, details[reason]) for row in rows]


UID = Column("uid", length=80, synonyms=("id", "编号", "序号", "osm_id", "number", "code", "fid"))
NAME = Column("name", synonyms=("名称", "name_zh", "title", "地名", "设施名称"), aliases=("name:zh",))
REGION_CODE = Column(
    "region_code",
    length=12,
    synonyms=("行政区划代码", "区划代码", "所在村社区代码", "unit_code", "village_code"),
    aliases=("adcode",),
)
ADDRESS = Column("address", synonyms=("地址", "详细地址", "addr"), aliases=("addr:full",))
PHONE = Column("phone", length=60, synonyms=("电话", "联系电话", "tel"), aliases=("contact:phone",))
HOURS = Column("opening_hours", synonyms=("开放时间", "营业时间", "hours"))
BUILT_ON = Column("built_on", "date", synonyms=("建成日期", "竣工日期"), aliases=("start_date",))
STATUS = Column(
    "operating_status", "code", codes="operating_status", synonyms=("运行状态", "运营状态", "status")
)
WHEELCHAIR = Column("wheelchair", "code", codes="wheelchair", synonyms=("轮椅可达", "轮椅"))
NOTE = Column("note", length=10_000, synonyms=("备注", "说明", "description", "remark"))

REGIONS = LayerSpec(
    "regions",
    "Any",
    (
        UID,
        Column(
            "code",
            required=True,
            length=12,
            synonyms=("行政区划代码", "区划代码", "代码"),
            aliases=("adcode",),
        ),
        Column("name", required=True, length=120, synonyms=("名称", "name_zh", "行政区名称")),
        Column("name_en", length=120, synonyms=("英文名称", "pinyin"), aliases=("name:en",)),
        Column("level", "code", required=True, codes="region_level", synonyms=("级别", "层级")),
        Column("kind", "code", codes="region_kind", synonyms=("类型", "性质", "type")),
        Column("parent_code", length=12, synonyms=("上级代码", "parent", "parent_adcode")),
        Column("ur_code", length=3, synonyms=("城乡分类代码", "城乡代码")),
        Column("population", "int", unit="person", low=0, synonyms=("人口", "常住人口", "pop")),
        Column("has_association", "bool", synonyms=("残协", "是否建立残协")),
        Column("premises_m2", "float", unit="m2", low=0, synonyms=("服务场地面积", "场地面积")),
        Column("valid_from", "date", synonyms=("生效日期",)),
        Column("valid_to", "date", synonyms=("失效日期",)),
    ),
    key="code",
    geometry_required=False,
    fills=(derive_from_code,),
)

ROADS = LayerSpec(
    "roads",
    "LineString",
    (
        UID,
        NAME,
        Column("ref", length=40, synonyms=("道路编号", "路线编号")),
        Column(
            "road_class",
            "code",
            required=True,
            codes="road_class",
            synonyms=("道路等级", "等级", "class", "roadclass"),
            aliases=("highway",),
        ),
        Column("oneway", "code", codes="oneway", synonyms=("单行", "单向", "dir")),
        Column(
            "maxspeed_kmh",
            "float",
            unit="km/h",
            low=1,
            high=140,
            synonyms=("限速", "speed_kmh"),
            aliases=("maxspeed",),
        ),
        Column("surface", "code", codes="surface", synonyms=("路面", "路面类型")),
        Column("smoothness", "code", codes="smoothness", synonyms=("平整度",)),
        Column("width_m", "float", unit="m", low=0.1, high=200, synonyms=("width", "宽度", "路宽")),
        Column("incline_ratio", "float", unit="ratio", low=-1, high=1, synonyms=("incline", "坡度", "纵坡")),
        Column("kerb", "code", codes="kerb", synonyms=("缘石",)),
        Column("kerb_height_mm", "float", unit="mm", low=0, high=1000, synonyms=("kerb:height", "缘石高度")),
        Column("tactile_paving", "code", codes="tactile_paving", synonyms=("盲道",)),
        WHEELCHAIR,
        Column("bridge", "bool", synonyms=("桥梁",)),
        Column("tunnel", "bool", synonyms=("隧道",)),
        REGION_CODE,
        NOTE,
    ),
)

FACILITIES = LayerSpec(
    "facilities",
    "Point",
    (
        UID,
        NAME,
        Column(
            "facility_class",
            "code",
            required=True,
            codes="facility_class",
            synonyms=("设施类别", "类别", "类型", "category", "cate", "class", "amenity"),
        ),
        Column("services", "codes", codes="service", synonyms=("服务", "服务项目", "提供服务")),
        Column("tier", "int", low=1, high=3, synonyms=("级别", "康复级别")),
        Column("operator", synonyms=("运营单位", "管理单位", "主管部门")),
        Column("operator_type", "code", codes="operator_type", synonyms=("运营方式", "性质")),
        STATUS,
        Column("capacity", "int", low=0, unit="person", synonyms=("床位", "床位数", "容量", "beds")),
        Column("accepts_disabled", "bool", synonyms=("接收残疾人",)),
        WHEELCHAIR,
        BUILT_ON,
        HOURS,
        ADDRESS,
        PHONE,
        REGION_CODE,
        NOTE,
    ),
)

TOILETS = LayerSpec(
    "toilets",
    "Point",
    (
        UID,
        NAME,
        Column("category", "code", codes="toilet_category", synonyms=("公厕类别", "类别", "type2")),
        STATUS,
        WHEELCHAIR,
        Column("rooms", "int", low=0, synonyms=("厕位数", "座数")),
        Column("accessible_rooms", "int", low=0, synonyms=("无障碍厕位数", "无障碍厕间数")),
        Column("accessible_room", "bool", synonyms=("无障碍卫生间", "无障碍厕所", "toilets:wheelchair")),
        Column("third_toilet", "bool", synonyms=("第三卫生间", "家庭卫生间")),
        Column("changing_table", "bool", synonyms=("婴儿护理台", "尿布台", "diaper")),
        Column("alarm", "bool", synonyms=("救助呼叫", "呼叫按钮")),
        Column("step_free", "bool", synonyms=("无台阶", "平坡出入口")),
        Column("free", "bool", synonyms=("免费",)),
        Column("open_24h", "bool", synonyms=("24小时",)),
        HOURS,
        BUILT_ON,
        Column("maintainer", synonyms=("管护单位", "管理单位")),
        ADDRESS,
        PHONE,
        REGION_CODE,
        NOTE,
    ),
)

HOUSEHOLDS = LayerSpec(
    "households",
    "Point",
    (
        UID,
        REGION_CODE,
        Column("dwelling_kind", "code", codes="dwelling_kind", synonyms=("住房类型", "房屋类型")),
        Column("storey", "int", low=-2, high=80, synonyms=("楼层", "所在楼层")),
        Column("has_lift", "bool", synonyms=("电梯", "有无电梯")),
        Column("tenure", "code", codes="tenure", synonyms=("住房性质", "产权性质")),
        Column("safety_grade", "code", codes="safety_grade", synonyms=("房屋安全等级", "危房等级")),
        Column("demolition_planned", "bool", synonyms=("拆迁计划", "是否列入拆迁")),
        Column("relocated", "bool", synonyms=("易地搬迁",)),
        Column("renovated_on", "date", synonyms=("已改造日期", "上次改造日期")),
    ),
)

LAYERS: dict[str, LayerSpec] = {spec.name: spec for spec in (REGIONS, ROADS, FACILITIES, TOILETS, HOUSEHOLDS)}
