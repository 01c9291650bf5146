"""What a layer is: its columns, types, units, code lists and the words other files use for them.

A specification is data that `gis.imports` runs and that a test compares with the mapped tables; a
package to the right (audits, planner) declares its own in the same form and `api` hands it over, so
that `gis` knows none of them. Synonyms are only ever proposed to the user, never applied silently.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pandas import DataFrame

Kind = Literal["text", "int", "float", "bool", "date", "code", "codes"]
Geometry = Literal["Point", "LineString", "Polygon", "Any", "None"]


@dataclass(frozen=True)
class Column:
    """One column of a layer as it is stored.

    Attributes
    ----------
    kind
        `codes` is a set of codes written `a;b;c`; `date` is ISO 8601 (a `datetime.date`).
    unit
        The stored unit (`m`, `mm`, `ratio`, `km/h`, ...); a mapping file may declare another.
    codes
        Name of the code list under `data/catalogue` for `code` and `codes`.
    synonyms
        Words found in other people's files, zh and en, in lower case.
    low, high
        Inclusive range of a number; outside it the row is quarantined.
    personal
        Never printed, logged or written to a quarantine table in the database.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    unit: str = ""
    codes: str = ""
    synonyms: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    personal: bool = False


@dataclass(frozen=True)
class RowIssue:
    """What was wrong with one row of a file, and what was done about it.

    Attributes
    ----------
    row
        Number of the row in the file, the first data row being 1.
    action
        `repaired` (the row is in, changed), `quarantined` (the row is kept aside) or `noted`
        (the row is in as it was, but somebody should look).
    reason
        Stable code, such as `swapped-axes`; `detail` says it in words.
    """

    row: int
    column: str
    action: Literal["repaired", "quarantined", "noted"]
    reason: str
    detail: str


Check = Callable[[DataFrame], list[RowIssue]]


@dataclass(frozen=True)
class LayerSpec:
    """A layer as files bring it and tables keep it.

    Attributes
    ----------
    key
        Column that names a row across files (always stored as `uid`).
    geometry
        Type of the stored geometry; `Any` takes points and polygons, `None` has no geometry.
    checks
        Checks across columns or rows, run after every column was checked by itself; they get the
        accepted rows with the file's row numbers as index.
    """

    name: str
    geometry: Geometry
    columns: tuple[Column, ...]
    key: str = "uid"
    checks: tuple[Check, ...] = field(default=())

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns in order."""
        return tuple(column.name for column in self.columns)


UID = Column("uid", required=False, synonyms=("id", "编号", "序号", "osm_id", "number", "code", "fid"))
NAME = Column("name", synonyms=("名称", "name:zh", "name_zh", "title", "地名", "设施名称"))
REGION_CODE = Column(
    "region_code", synonyms=("行政区划代码", "区划代码", "所在村社区代码", "unit_code", "adcode", "village_code")
)
ADDRESS = Column("address", synonyms=("地址", "详细地址", "addr", "addr:full"))
PHONE = Column("phone", synonyms=("电话", "联系电话", "tel", "contact:phone"))
HOURS = Column("opening_hours", synonyms=("开放时间", "营业时间", "hours"))
BUILT_ON = Column("built_on", "date", synonyms=("建成日期", "竣工日期", "start_date"))
STATUS = Column("operating_status", "code", codes="operating_status", synonyms=("运行状态", "运营状态", "status"))
WHEELCHAIR = Column("wheelchair", "code", codes="wheelchair", synonyms=("轮椅可达", "轮椅"))
NOTE = Column("note", synonyms=("备注", "说明", "description", "remark"))

REGIONS = LayerSpec(
    "regions",
    "Any",
    (
        UID,
        Column("code", required=True, synonyms=("行政区划代码", "区划代码", "adcode", "代码")),
        Column("name", required=True, synonyms=("名称", "name_zh", "行政区名称")),
        Column("name_en", synonyms=("name:en", "英文名称", "pinyin")),
        Column("level", "code", required=True, codes="region_level", synonyms=("级别", "层级")),
        Column("kind", "code", codes="region_kind", synonyms=("类型", "性质", "type")),
        Column("parent_code", synonyms=("上级代码", "parent", "parent_adcode")),
        Column("ur_code", synonyms=("城乡分类代码", "城乡代码")),
        Column("population", "int", unit="person", low=0, synonyms=("人口", "常住人口", "pop")),
        Column("has_association", "bool", synonyms=("残协", "是否建立残协")),
        Column("valid_from", "date", synonyms=("生效日期",)),
        Column("valid_to", "date", synonyms=("失效日期",)),
    ),
    key="code",
)

ROADS = LayerSpec(
    "roads",
    "LineString",
    (
        UID,
        NAME,
        Column("ref", synonyms=("道路编号", "路线编号")),
        Column("road_class", "code", required=True, codes="road_class", synonyms=("highway", "道路等级", "等级", "class", "roadclass")),
        Column("oneway", "code", codes="oneway", synonyms=("单行", "单向", "dir")),
        Column("maxspeed_kmh", "float", unit="km/h", low=1, high=140, synonyms=("maxspeed", "限速", "speed_kmh")),
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
        Column("facility_class", "code", required=True, codes="facility_class", synonyms=("设施类别", "类别", "类型", "category", "class")),
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
        Column("rooms", "int", low=0, synonyms=("厕位数", "座数", "diaper")),
        Column("accessible_rooms", "int", low=0, synonyms=("无障碍厕位数", "无障碍厕间数")),
        Column("accessible_room", "bool", synonyms=("无障碍卫生间", "无障碍厕所")),
        Column("third_toilet", "bool", synonyms=("第三卫生间", "家庭卫生间")),
        Column("changing_table", "bool", synonyms=("婴儿护理台", "尿布台")),
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

LAYERS: dict[str, LayerSpec] = {
    spec.name: spec for spec in (REGIONS, ROADS, FACILITIES, TOILETS, HOUSEHOLDS)
}
