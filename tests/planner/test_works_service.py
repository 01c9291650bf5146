"""Works are kept on both databases: events in the chain, duties in constraints, photos proved, scopes kept."""

import io
from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
from PIL import Image, ImageDraw
from shapely import Point
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from audits.case_integrity import checked_chain
from audits.evidence import keep_photos
from gis.db import transaction
from gis.errors import CodeError, ConflictError, NotFoundError
from gis.frames import write_frame
from gis.tables import Household
from planner import works_service, works_store
from planner.works_service import Signed
from planner.works_store import Scope
from tests.planner.homes_in_works import WAY, plan_of
from tests.planner.towns import homes_frame

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
CITY = "zhangye"
EXIF_TIME = 36867


@pytest.fixture
def opened(engine):
    """Four homes in two counties with a case each; h1 in a village of Ganzhou."""
    homes = {"h1": "620702", "h2": "620702", "h3": "620702", "h4": "620723"}
    frame = homes_frame(*homes)
    frame["region_code"] = ["620702001201", "620702001201", "620702002201", "620723001201"]
    places = gpd.GeoDataFrame(frame, geometry=[Point(100.4, 38.9)] * 4, crs=4326)
    with transaction(engine) as session:
        write_frame(session, Household, places)
        plan = plan_of(session, homes)
        found = works_service.open_cases(session, plan, 2026, signed("census", (2026, 1, 5)), city_id=CITY)
        again = works_service.open_cases(session, plan, 2026, signed("census", (2026, 1, 6)), city_id=CITY)
    assert found.uids == ("2026-00001", "2026-00002", "2026-00003", "2026-00004")
    assert (again.uids, again.passed_over) == ((), ("h1", "h2", "h3", "h4"))
    return engine


def signed(by, day):
    return Signed(by, date(*day), NOW)


def picture(path, colour, taken, *, noise=1):
    """A photo with the time of its camera."""
    image = Image.new("RGB", (320, 240), "white")
    pen = ImageDraw.Draw(image)
    for n in range(12):
        pen.rectangle((n * 25, (n * 37 * noise) % 200, n * 25 + 20, (n * 37 * noise) % 200 + 40), fill=colour)
    exif = image.getexif()
    exif.get_ifd(0x8769)[EXIF_TIME] = taken
    image.save(path, exif=exif)


def walk(session, uid, until, media=None, *, start="apply"):
    """Bring a case along the smooth way until an event, with photos where the way needs them."""
    kinds = [row[0] for row in WAY]
    for kind, by, day, facts in WAY[kinds.index(start) : kinds.index(until) + 1]:
        given = {} if kind == "archive" else facts
        if kind == "accept" and media is not None:
            photograph(session, uid, media)
        works_service.act(session, uid, kind, signed(by, day), city_id=CITY, **given)


def photograph(session, uid, media, seed=1):
    folder = media / f"shots-{uid}"
    folder.mkdir(parents=True)
    picture(folder / "a.jpg", "red", "2026:03:09 10:00:00", noise=seed)
    picture(folder / "b.jpg", "blue", "2026:04:16 10:00:00", noise=seed + 3)
    for name, role in (("a.jpg", "before"), ("b.jpg", "after")):
        kept = keep_photos(folder / name, media, now=NOW)
        works_service.record_photos(session, uid, kept, role, signed("assessor", (2026, 4, 16)))


PAPERS = ("application", "assessment", "scheme", "contract", "acceptance", "settlement")


def filed(session, uid):
    for number, kind in enumerate(PAPERS):
        works_service.file_document(
            session,
            uid,
            kind,
            f"{number:064d}",
            signed("clerk", (2026, 5, 7)),
            city_id=CITY,
            shelf_mark="A-1",
        )


def test_a_case_goes_all_the_way_and_the_chain_is_whole(opened, tmp_path):
    with transaction(opened) as session:
        walk(session, "2026-00001", "settle", tmp_path)
        with pytest.raises(ConflictError, match="its archive lacks application"):
            walk(session, "2026-00001", "archive", start="archive")
    with transaction(opened) as session:
        filed(session, "2026-00001")
        assert all(works_service.archive_of(session, "2026-00001", city_id=CITY).values())
        walk(session, "2026-00001", "close", start="archive")
    with transaction(opened, read_only=True) as session:
        row = works_store.case_row(session, "2026-00001")
        state, _ = works_service.state_of(session, row, CITY)
        found = checked_chain(session, works_store.event_digests(session))
    assert (row.state, state.state, row.need_met, row.settled_yuan) == ("closed", "closed", 6, 3250)
    assert row.accepted_on == date(2026, 4, 21)
    # Four registrations and the 18 further events of the one home.
    assert (found.whole, found.links) == (True, 22)


def test_an_event_that_is_forged_breaks_the_chain(opened):
    with transaction(opened) as session:
        session.execute(text("UPDATE works_event SET \"by\" = 'x' WHERE position = 2"))
    with transaction(opened, read_only=True) as session:
        found = checked_chain(session, works_store.event_digests(session))
    assert [(fault.position, fault.why) for fault in found.faults] == [(2, "content")]


@pytest.mark.parametrize(
    "change",
    [
        "inspector='A', countersigner=' a '",
        "assessor='A', township_reviewer='a'",
        "township_reviewer='A', county_reviewer='A'",
        "finisher='A', inspector='A'",
        "countersigner='A', spot_checker='A'",
        "state='accepted', township_reviewer='a', county_reviewer='b', inspector='c'",
        "state='contracted', township_reviewer='a'",
        "price_yuan=10, settled_yuan=11",
        "household_uid='h2'",
    ],
)
def test_the_database_itself_refuses_a_second_signature_of_one_person(opened, change):
    with pytest.raises(IntegrityError), transaction(opened) as session:
        session.execute(text(f"UPDATE works_case SET {change} WHERE uid = '2026-00001'"))


def test_acceptance_needs_a_later_photo_of_the_same_home(opened, tmp_path):
    with transaction(opened) as session:
        walk(session, "2026-00001", "finish")
        with pytest.raises(ConflictError, match="photos before and after"):
            walk(session, "2026-00001", "accept", start="accept")
    picture(tmp_path / "one.jpg", "red", "2026:03:09 10:00:00")
    with transaction(opened) as session:
        for role in ("before", "after"):
            kept = keep_photos(tmp_path / "one.jpg", tmp_path, now=NOW)
            works_service.record_photos(session, "2026-00001", kept, role, signed("a", (2026, 4, 16)))
        with pytest.raises(ConflictError, match="proves nothing"):
            walk(session, "2026-00001", "accept", start="accept")


def test_a_photo_proves_one_home_only(opened, tmp_path):
    picture(tmp_path / "one.jpg", "red", "2026:03:09 10:00:00")
    kept = keep_photos(tmp_path / "one.jpg", tmp_path, now=NOW)
    with transaction(opened) as session:
        works_service.record_photos(session, "2026-00001", kept, "before", signed("a", (2026, 3, 9)))
        with pytest.raises(ConflictError, match="another home"):
            works_service.record_photos(session, "2026-00002", kept, "before", signed("a", (2026, 3, 9)))


def test_a_scope_shows_its_regions_and_its_contractor_only(opened):
    with transaction(opened) as session:
        walk(session, "2026-00001", "contract")
    with transaction(opened, read_only=True) as session:
        seen = {
            name: works_store.cases(session, scope)["household_uid"].tolist()
            for name, scope in {
                "county": Scope(regions=("620702",)), "township": Scope(regions=("620702001",)),
                "two": Scope(regions=("620702002", "620723")), "builder": Scope(contractor="Builder Ltd"),
                "other": Scope(contractor="Other"), "year": Scope(year=2027),
            }.items()
        }  # fmt: skip
        with pytest.raises(NotFoundError) as hidden:
            works_service.archive_of(session, "2026-00004", city_id=CITY, scope=Scope(regions=("620702",)))
        with pytest.raises(NotFoundError) as absent:
            works_service.archive_of(session, "2026-99999", city_id=CITY, scope=Scope(regions=("620702",)))
    assert seen == {
        "county": ["h1", "h2", "h3"], "township": ["h1", "h2"], "two": ["h3", "h4"], "builder": ["h1"],
        "other": [], "year": [],
    }  # fmt: skip
    # A case that may not be seen answers as one that is not there.
    assert str(hidden.value).replace("2026-00004", "X") == str(absent.value).replace("2026-99999", "X")
    with pytest.raises(NotFoundError), transaction(opened) as session:
        works_service.act(session, "2026-00004", "apply", signed("c", (2026, 3, 2)), city_id=CITY,
                          scope=Scope(regions=("620702",)), consents=["works"])  # fmt: skip


def apply_and_finish(session):
    for kind, facts in (("apply", {"consents": ["works"]}), ("finish", {})):
        works_service.act(session, "2026-00001", kind, signed("c", (2026, 3, 2)), city_id=CITY, **facts)


def test_a_refused_event_leaves_no_trace(opened):
    with pytest.raises(ConflictError, match="cannot finish"), transaction(opened) as session:
        apply_and_finish(session)
    with transaction(opened, read_only=True) as session:
        assert works_store.case_row(session, "2026-00001").state == "registered"
        assert checked_chain(session, works_store.event_digests(session)).links == 4


def test_words_that_are_not_known_are_refused(opened):
    with transaction(opened) as session:
        with pytest.raises(CodeError, match="apply"):
            works_service.act(session, "2026-00001", "paint", signed("c", (2026, 3, 2)), city_id=CITY)
        with pytest.raises(CodeError, match="application"):
            works_service.file_document(
                session, "2026-00001", "poem", "0" * 64, signed("c", (2026, 3, 2)), city_id=CITY
            )
        plan = plan_of(session, {"h1": "620702"}, year=2027)
        with pytest.raises(ConflictError, match="no home the year 2026"):
            works_service.open_cases(session, plan, 2026, signed("c", (2026, 3, 2)), city_id=CITY)


def test_money_is_compared_by_county_and_funding_line(opened, tmp_path):
    with transaction(opened) as session:
        walk(session, "2026-00001", "settle", tmp_path / "m1")
        walk(session, "2026-00004", "contract")
    with transaction(opened, read_only=True) as session:
        money = works_service.settled(session, city_id=CITY).set_index("county", drop=False)
    ganzhou, whole = money.loc["620702"], money.iloc[-1]
    # Three homes of 3,500 yuan; one was settled with 3,250, of which 2,000 from the lottery.
    assert (ganzhou["budget_yuan"], ganzhou["settled"], ganzhou["saved_yuan"]) == (10_500, 1, 250)
    assert (ganzhou["line_lottery"], ganzhou["line_county"], ganzhou["mean_yuan"]) == (2_000, 1_250, 3_250)
    assert (whole["homes"], whole["price_yuan"], whole["over"]) == (4, 6_600, 0)


def test_a_spot_check_is_drawn_from_every_county_and_speaks_for_all(opened, tmp_path):
    with transaction(opened) as session:
        assert works_service.spot_checked(session) is None
        for number in (1, 2, 4):
            photograph(session, f"2026-0000{number}", tmp_path / str(number), seed=number)
            walk(session, f"2026-0000{number}", "settle")
    with transaction(opened) as session:
        first, second = (
            works_service.drawn_for_spot_check(session, city_id=CITY, on=date(2026, 6, 1), seed=7)
            for _ in range(2)
        )
        # So few homes are all drawn.
        assert sorted(first["uid"]) == ["2026-00001", "2026-00002", "2026-00004"]
        assert first.equals(second)
        for uid, passed in (("2026-00001", True), ("2026-00002", False), ("2026-00004", True)):
            works_service.act(
                session, uid, "spot_check", signed("city", (2026, 6, 1)), city_id=CITY, passed=passed
            )
        share = works_service.spot_checked(session)
    # All were seen, so nothing is left to chance.
    assert share.share == pytest.approx(2 / 3)
    assert share.low == share.high == share.share


def test_the_forecast_of_a_scope_uses_the_pace_of_the_whole_city(opened):
    with transaction(opened) as session:
        walk(session, "2026-00001", "apply")
    with transaction(opened, read_only=True) as session:
        found = works_service.works(
            session, city_id=CITY, on=date(2026, 3, 31), scope=Scope(regions=("620702",))
        )
    assert [case.household for case in found.cases] == ["h1", "h2", "h3"]
    late = {told.uid: [running.clock.id for running in told.late] for told in found.forecasts}
    # Nobody visited h2 and h3 by the end of March... which is today; only h1's assessment is late.
    assert late == {"2026-00001": ["assessment"], "2026-00002": [], "2026-00003": []}


def test_pictures_are_read_as_they_are_written(tmp_path):
    picture(tmp_path / "x.jpg", "red", "2026:03:09 10:00:00")
    with Image.open(io.BytesIO((tmp_path / "x.jpg").read_bytes())) as image:
        assert image.getexif().get_ifd(0x8769)[EXIF_TIME] == "2026:03:09 10:00:00"
