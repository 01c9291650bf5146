"""Builds the demonstration city through the ordinary doors: generate, import, plan, cover, draw, print.

Nothing here is special to the demonstration but the generator: every file goes through the same import
as a real one, so that what a visitor sees is what an office would get.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from api import access, drawing
from api.commands.console import Place, today, word
from api.database import initialise
from api.keys import make_key_file
from api.loading import load_file
from api.settings import settings
from api.unlocking import unlocked
from data.demo import FULL_PEOPLE, DemoFiles, generate
from gis import store
from gis.catalogue import Language
from gis.db import make_engine
from gis.errors import ConflictError
from gis.intake import ImportOptions
from maps import render, views
from maps.mapview import MapView
from planner import ledgers
from planner import service as planner
from planner.coverage import norm

Advance = Callable[[str, float], None]

LAYERS = ("regions", "roads", "facilities", "toilets", "households", "people", "audits")
SERVICES = ("rehabilitation", "care", "accessible_toilet")
HOMES_PER_YEAR = 200  # of the city at its full size
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Demo:
    """What was built; `files` are the maps and the ledger, to be opened by a person."""

    counts: dict[str, int]
    plan: planner.StoredPlan
    seconds: float
    files: list[Path]

    def told(self) -> dict[str, Any]:
        """Return the machine-readable answer."""
        return {
            "people": self.counts["people"],
            "households": self.counts["households"],
            "road_edges": self.counts["roads"],
            "eligible": self.plan.eligible,
            "seconds": round(self.seconds, 1),
            "plan": {
                "homes_per_year": self.plan.homes_per_year,
                "objective": self.plan.objective,
                "bound": self.plan.bound,
                "gap": self.plan.gap,
            },
            "files": [str(path) for path in self.files],
        }


def build_demo(out: Path, *, people: int, seed: int, database_url: str, progress: Advance) -> Demo:
    """Build the demonstration city into a folder.

    Parameters
    ----------
    database_url
        A database without layers; empty for a new SpatiaLite file in the folder, which replaces one that
        an earlier demonstration left there.

    Raises
    ------
    ConflictError
        The database holds imports already.
    """
    started = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    here = _fresh_place(out, database_url)
    on = today()

    def generating(_step: str, share: float) -> None:
        progress(word("demo.generate"), 0.15 * share)

    files = generate(out / "data", people=people, seed=seed, progress=generating)
    _import(here, files, progress)
    progress(word("demo.plan"), 0.6)
    plan = _plan(here, on, people)
    progress(word("demo.cover"), 0.7)
    maps = _draw(here, plan, out, on, progress)
    ledger = out / "ledger.xlsx"
    with unlocked(here, "demo") as secret, here.session(read_only=True) as session:
        contents = planner.ledger(session, secret, plan)
    ledgers.write_ledger(contents, ledger, here.lang)
    return Demo(files.counts, plan, time.perf_counter() - started, [*maps, ledger])


def _fresh_place(out: Path, database_url: str) -> Place:
    """Return a place with an empty, migrated database and a key, both of the demonstration's own."""
    if not database_url:
        database = out / "tantu.sqlite"
        for ending in ("", "-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
        database_url = f"sqlite:///{database}"
    chosen = {"database_url": database_url, "city": "zhangye", "key": None, "key_file": out / "tantu.key"}
    here = Place(settings().model_copy(update=chosen))
    make_key_file(here.settings)
    engine = make_engine(database_url)
    try:
        initialise(engine)
    finally:
        engine.dispose()
    with here.session(read_only=True) as session:
        if store.batches(session):
            raise ConflictError("This database holds imports already; name an empty one with --database.")
    return here


def _import(here: Place, files: DemoFiles, progress: Advance) -> None:
    for number, name in enumerate(LAYERS):
        progress(word("demo.import", layer=name), 0.15 + 0.45 * number / len(LAYERS))
        load_file(here, name, getattr(files, name), ImportOptions(datum=files.datum))


def _plan(here: Place, on: date, people: int) -> planner.StoredPlan:
    """Solve and keep the programme; a city smaller than the real one renovates in proportion, or fewer."""
    homes = max(1, round(HOMES_PER_YEAR * people / FULL_PEOPLE))
    options = planner.PlanOptions(homes_per_year=homes, at_most=people < FULL_PEOPLE)
    with unlocked(here, "demo") as secret, here.session(read_only=True) as session:
        assessment = planner.assess(session, secret, on=on, city_id=here.city.id)
    draft = planner.make_plan(assessment, options)
    with here.session() as session:
        return planner.saved_plan(session, planner.save_plan(session, draft, now=datetime.now(UTC)))


def _draw(here: Place, plan: planner.StoredPlan, out: Path, on: date, progress: Advance) -> list[Path]:
    """Write the three maps in both languages; each is one file that opens without a server."""
    with here.session(read_only=True) as session:
        people = planner.people_places(session)
        layers = access.layers(session, here.city, people, on=on)
        homes = planner.plan_places(session, plan)
        toilets = {lang: drawing.graded_toilets(session, lang=lang, on=on) for lang in LANGUAGES}
    measured = access.measure(layers, [norm(service) for service in SERVICES])
    reached, places = drawing.reached(measured, public=layers.regions), drawing.reached_places(measured)
    ground = drawing.base_of(layers.regions, layers.roads, villages=False)
    progress(word("demo.draw"), 0.9)
    written = []
    for lang in LANGUAGES:
        drawn: list[MapView] = [
            views.toilet_view(toilets[lang], lang=lang, on=on, base=ground),
            views.coverage_view(reached, places, lang=lang, base=ground),
            views.renovation_view(homes, lang=lang, years=list(plan.calendar), base=ground),
        ]
        written += [_written(view, lang, out) for view in drawn]
    return written


def _written(view: MapView, lang: Language, out: Path) -> Path:
    other = "en" if lang == "zh" else "zh"
    path = out / f"{view.name}.{lang}.html"
    path.write_text(render.html(view, lang, other=f"{view.name}.{other}.html"), encoding="utf-8")
    return path
