"""`tantu plan …`: the programme chosen, one home explained, the ledger written."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, facts, place, progress, say, table, today, word
from api.commands.papers import register_papers

if TYPE_CHECKING:
    from planner.stored import StoredPlan


def register(app: typer.Typer) -> None:
    """Add the commands."""
    plan = typer.Typer(help=word("command.plan"), no_args_is_help=True)
    plan.command("run", help=word("command.plan_run"))(run)
    plan.command("explain", help=word("command.plan_explain"))(explain)
    plan.command("ledger", help=word("command.plan_ledger"))(ledger)
    register_papers(plan)
    app.add_typer(plan, name="plan")


def run(
    first_year: Annotated[int | None, typer.Option(help=word("option.first_year"))] = None,
    years: Annotated[int | None, typer.Option(help=word("option.years"), min=1)] = None,
    homes: Annotated[int | None, typer.Option(help=word("option.homes"), min=1)] = None,
    budget: Annotated[float | None, typer.Option(help=word("option.budget"), min=0)] = None,
    gap: Annotated[float, typer.Option(help=word("option.gap"), min=0)] = 0.0,
    *,
    at_most: Annotated[bool, typer.Option("--at-most", help=word("option.at_most"))] = False,
    as_json: Json = False,
) -> None:
    """Choose the homes of every year and keep the plan as a draft."""
    from api.unlocking import unlocked
    from planner import service

    here = place()
    options = service.PlanOptions(
        first_year=first_year, years=years, homes_per_year=homes, budget_yuan=budget, at_most=at_most, gap=gap
    )
    with progress(quiet=as_json) as advance:
        advance(word("demo.plan"), 0.0)
        with unlocked(here, "plan run") as secret, here.session(read_only=True) as session:
            assessment = service.assess(session, secret, on=today(), city_id=here.city.id)
        draft = service.make_plan(
            assessment, options, progress=lambda _step, share: advance(word("demo.plan"), share)
        )
        with here.session() as session:
            kept = service.saved_plan(session, service.save_plan(session, draft, now=datetime.now(UTC)))
    answer(kept.told(), as_json=as_json, show=lambda: show_plan(kept))


def show_plan(kept: "StoredPlan") -> None:
    """Print a plan by year, what was proved of it, and how a plain ranked list compares."""
    told = kept.told()
    headings = [word(f"plan.{name}") for name in ("year", "homes", "cost")]
    rows = [(str(year["year"]), year["homes"], year["cost_yuan"]) for year in told["years"]]
    title = word("plan.title", first=kept.calendar[0], last=kept.calendar[-1])
    table(title, headings, rows)
    solved = {word(f"plan.{name}"): told[name] for name in ("eligible", "objective", "bound", "seconds")}
    facts("", solved | {word("plan.gap"): f"{told['gap']:.4%}"})
    comparison: dict[str, dict[str, Any]] = kept.comparison
    names = list(next(iter(comparison.values())))
    table(
        word("plan.compare"),
        ("", *(word(f"plan.compare_{name}") for name in comparison)),
        [(word(f"plan.outcome_{name}"), *(found[name] for found in comparison.values())) for name in names],
    )


def explain(
    household: Annotated[str, typer.Argument(help=word("option.household"))], *, as_json: Json = False
) -> None:
    """Say why a home is in or out of the last plan, solving again for the true price."""
    from api.unlocking import unlocked
    from planner import service

    here = place()
    subject = f"household:{household}"
    with (
        progress(quiet=as_json) as advance,
        unlocked(here, "plan explain", subject=subject) as secret,
        here.session(read_only=True) as session,
    ):
        advance(word("demo.plan"), 0.2)
        found = service.explain(session, secret, household, lang=here.lang)
    told = found.told()

    def show() -> None:
        say(word("plan.explain", household=household))
        if found.score is not None:
            key = "plan.selected" if told["selected"] else "plan.left_out"
            score = round(found.score, 2)
            say(word(key, year=found.year, rank=found.rank, eligible=found.of, score=score))
        if found.parts:
            headings = (word("plan.part"), word("plan.points"))
            parts = [(part, round(points, 2)) for part, points in found.parts.items()]
            table(word("plan.parts"), headings, parts)
        for sentence in (*found.reasons, *found.would_need):
            say(f"· {sentence}")

    answer(told, as_json=as_json, show=show)


def ledger(
    file: Annotated[Path, typer.Argument(help=word("option.out"))],
    *,
    unmasked: Annotated[bool, typer.Option("--unmasked", help=word("option.unmasked"))] = False,
    as_json: Json = False,
) -> None:
    """Write the ledger of the last plan."""
    from api.unlocking import unlocked
    from planner import ledgers, service

    here = place()
    what = "plan ledger --unmasked" if unmasked else "plan ledger"
    with unlocked(here, what) as secret, here.session(read_only=True) as session:
        kept = service.saved_plan(session)
        contents = service.ledger(session, secret, kept, masked=not unmasked)
    homes = ledgers.write_ledger(contents, file, here.lang)
    told = {"homes": homes, "masked": not unmasked, "file": str(file)}
    answer(told, as_json=as_json, show=lambda: say(word("plan.ledger", **told)))
