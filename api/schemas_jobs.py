"""What can be asked of the job queue, and how a job is answered, on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas import NO_NUL

Service = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$", examples=["rehabilitation"])]
Within = Annotated[str, Field(max_length=12, pattern=r"^\d{1,6}(\.\d+)?(min|m)$", examples=["60min", "300m"])]
Word = Annotated[str, Field(min_length=1, max_length=120)]
Uid = Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
UploadId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Lang = Literal["zh", "en"]
Mode = Literal["drive", "walk", "wheelchair"]


def storable(said: Any) -> Any:  # noqa: ANN401  JSON
    """Return JSON as it is if a database can keep its texts: no NUL, no half of a character (ValueError)."""
    if isinstance(said, str):
        if "\x00" in said or any("\ud800" <= character <= "\udfff" for character in said):
            raise ValueError("a text holds a NUL or half of a character")
    elif isinstance(said, dict):
        for key, value in said.items():
            storable(key)
            storable(value)
    elif isinstance(said, list):
        for value in said:
            storable(value)
    return said


class Asked(BaseModel):
    """Anything that is asked for: what is not known is refused, never passed over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, said: Any) -> Any:  # noqa: ANN401  JSON
        return storable(said)


class PlanJob(Asked):
    """Choose the homes of every year; nothing said means the programme of the city."""

    kind: Literal["plan"]
    first_year: int | None = Field(None, ge=2020, le=2100)
    years: int | None = Field(None, ge=1, le=20)
    homes_per_year: int | None = Field(None, ge=1, le=100_000)
    budget_yuan: float | None = Field(None, ge=0, le=1e12, allow_inf_nan=False)
    at_most: bool = False
    gap: float = Field(0.0, ge=0, le=1, allow_inf_nan=False)


class CoverJob(Asked):
    """Measure who reaches a service, by region."""

    kind: Literal["cover"]
    service: Service
    mode: Mode | None = None
    within: Within | None = None
    group: str = Field("all", max_length=40)


class SiteJob(Asked):
    """Propose new sites of a service."""

    kind: Literal["site"]
    service: Service
    new: int = Field(1, ge=1, le=1_000)
    model: Literal["mclp", "lscp", "pmedian", "pcenter"] = "mclp"
    mode: Mode | None = None
    within: Within | None = None


class ImportJob(Asked):
    """Import an uploaded file into a layer; `mapping` is the text of a mapping file."""

    kind: Literal["import"]
    upload: UploadId
    layer: Literal["regions", "roads", "facilities", "toilets", "households", "people", "audits", "assets"]
    datum: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] | None = None
    epsg: int | None = Field(None, ge=1024, le=32_767)
    encoding: str | None = Field(None, max_length=20, pattern=r"^[A-Za-z0-9_-]+$")
    mapping: str = Field("", max_length=100_000)
    dry_run: bool = False


class ExportJob(Asked):
    """Write a layer into a file by its ending."""

    kind: Literal["export"]
    layer: Literal["regions", "roads", "facilities", "toilets", "households", "people", "audits", "assets"]
    ending: Literal[
        ".geojson", ".gpkg", ".shp.zip", ".csv", ".xlsx", ".fgb", ".parquet", ".osw.zip", ".a11y.json", ".osm"
    ]


class MapJob(Asked):
    """Draw a map into one file; `office` shows homes and villages and is not for publication."""

    kind: Literal["map"]
    name: Literal["toilets", "coverage", "renovations"]
    lang: Lang = "zh"
    office: bool = False


class LedgerJob(Asked):
    """Write a ledger 台账: of the last plan, names masked unless asked otherwise, or of open findings."""

    kind: Literal["ledger"]
    of: Literal["plan", "findings"]
    lang: Lang = "zh"
    unmasked: bool = False


class NoticeJob(Asked):
    """Write the notice of rectification for the open findings of a place, as PDF."""

    kind: Literal["notice"]
    layer: Literal["toilets", "facilities", "roads"]
    place: Uid
    addressee: Word
    due_on: date
    office: Word
    number: str = Field("", max_length=60)
    contact: str = Field("", max_length=120)
    lang: Lang = "zh"


JobIn = Annotated[
    PlanJob | CoverJob | SiteJob | ImportJob | ExportJob | MapJob | LedgerJob | NoticeJob,
    Field(
        discriminator="kind",
        examples=[{"kind": "cover", "service": "rehabilitation", "within": "60min"}],
    ),
]


class FileOut(BaseModel):
    """A file that a job made."""

    name: str
    bytes: int
    sha256: str
    href: str


class JobOut(BaseModel):
    """Where a job stands; `message` is the step in the caller's language."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "dismissed"]
    progress: float = Field(ge=0, le=1)
    step: str
    message: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    files: list[FileOut]
    href: str
    kept_until: datetime | None


class JobPage(BaseModel):
    """Jobs, the newest first; `next` is the address of the next page."""

    jobs: list[JobOut]
    next: str | None


class LineOut(BaseModel):
    """One line of the log of a job."""

    at: datetime
    step: str
    message: str
    detail: str | None
