"""The public toilets with what their inspections found, as GeoJSON."""

from fastapi import APIRouter, Response

from api.commands.console import today
from api.deps import ReadDep
from audits import service as audits
from gis import store
from gis.features import geojson_of

router = APIRouter(prefix="/api/v1")


@router.get("/toilets")
def toilets(session: ReadDep) -> Response:
    """Return every public toilet with its grade; one that was never inspected is `unknown`."""
    on = today()
    grades = audits.grades(session, "toilets", on=on).rename(columns={"place_uid": "uid"})
    graded = store.layer(session, "toilets").merge(
        grades[["uid", "level", "met", "not_met", "unknown", "inspected_on", "expires_on"]],
        on="uid",
        how="left",
    )
    graded["level"] = graded["level"].fillna("unknown")
    return Response(geojson_of(graded), media_type="application/geo+json")
