"""Generates a synthetic Zhangye: a whole city on disk, from public facts and a seed.

Nobody in it exists and no boundary or street is copied; see `identity`, `cells` and `units`. What was
planted (position errors, gaps, compliance, eligibility) is written to `truth/` beside the files, so that
the cleaning, the coverage and the programme can be scored.
"""

from dataclasses import dataclass
from pathlib import Path

from data.demo.files import write_layer, write_table
from data.demo.homes import FULL_PEOPLE
from data.demo.layers import DemoCity, Progress, draw_city
from gis.catalogue import city
from gis.crs import Datum

CITY = "zhangye"

__all__ = ["CITY", "FULL_PEOPLE", "DemoFiles", "Progress", "generate"]


@dataclass(frozen=True)
class DemoFiles:
    """Where the files of a demonstration city are, and what they hold.

    Attributes
    ----------
    datum
        Of every position in them.
    truth
        By name (`audits_truth`, `compliance_truth`, `gaps_truth`, `eligibility_truth`, `roads_truth`)
        the tables of what was planted.
    counts
        Rows of each layer, and visits, eligible_people, eligible_households; `audits` are measurements.
    """

    folder: Path
    regions: Path
    roads: Path
    facilities: Path
    toilets: Path
    households: Path
    people: Path
    audits: Path
    datum: Datum
    truth: dict[str, Path]
    counts: dict[str, int]


def generate(
    out: Path, *, people: int = FULL_PEOPLE, seed: int = 1, progress: Progress | None = None
) -> DemoFiles:
    """Write a synthetic Zhangye into a folder and return what was written.

    Regions and facilities are the same at every size; streets, toilets, households, people and
    inspections grow with the number of people.

    Parameters
    ----------
    out
        Folder to write to; it is made, and files of the same names are replaced.
    people
        Disabled people, 1 or more.
    seed
        The same seed and size give the same files, byte for byte.
    progress
        Called at the beginning of each step with its name and the share done (0 to 1), and at the end.

    Raises
    ------
    ValueError
        There are to be no people.
    """
    if people < 1:
        raise ValueError(f"people is {people}; a city needs 1 or more")
    step = progress or (lambda _name, _share: None)
    drawn = draw_city(city(CITY), people=people, seed=seed, step=step)
    step("files", 0.65)
    written = _write(drawn, out)
    step("done", 1.0)
    return written


def _write(drawn: DemoCity, out: Path) -> DemoFiles:
    (out / "truth").mkdir(parents=True, exist_ok=True)
    paths = {
        name: write_layer(layer, out / f"{name}.gpkg")
        if "geometry" in layer
        else write_table(layer, out / f"{name}.csv")
        for name, layer in drawn.layers.items()
    }
    truth = {name: write_table(rows, out / "truth" / f"{name}.csv") for name, rows in drawn.truth.items()}
    return DemoFiles(folder=out, **paths, datum="wgs84", truth=truth, counts=_counts(drawn))


def _counts(drawn: DemoCity) -> dict[str, int]:
    eligible = drawn.truth["eligibility_truth"].query("eligible")
    return {name: len(layer) for name, layer in drawn.layers.items()} | {
        "visits": len(drawn.truth["audits_truth"]),
        "eligible_people": len(eligible),
        "eligible_households": eligible["household_uid"].nunique(),
    }
