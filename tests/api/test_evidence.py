"""`tantu audit photos` and `tantu audit clean` answer people and machines, on both databases."""

import csv
from io import BytesIO

import numpy as np
import pytest
import typer
from PIL import ExifTags, Image

from api.commands.evidence import register_evidence


@pytest.fixture
def evidence(monkeypatch):
    """The two commands alone, behind the door that all commands share."""
    app, audit = typer.Typer(), typer.Typer()
    register_evidence(audit, app)
    app.add_typer(audit, name="audit")
    app.add_typer(typer.Typer(), name="nothing")
    return lambda: monkeypatch.setattr("api.cli.app", app)


def photo(seed=1):
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = f"Synthetic {seed}"
    grid = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    written = BytesIO()
    Image.fromarray(grid).resize((200, 120)).save(written, "WEBP", exif=tags)
    return written.getvalue()


def test_photos_of_a_folder_are_stored_and_told(ready, evidence, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "V1_before.webp").write_bytes(photo())
    (folder / "V1_after.webp").write_bytes(photo())
    (folder / "broken.jpg").write_bytes(b"no photo")
    evidence()
    told = ready("audit", "photos", folder, "--json").told
    assert (told["recorded"], told["unchanged"]) == (2, 0)
    assert [each["code"] for each in told["refused"]] == ["file-format"]
    assert sorted(told["without_visit"]) == ["V1_after.webp", "V1_before.webp"]
    # One picture as before and after: the repair is not proved.
    assert [(each["name"], each["bits"]) for each in told["reused"]] == [("V1_before.webp", 0)]
    assert len(list((tmp_path / "media" / "original").rglob("*.webp"))) == 1
    again = ready("audit", "photos", folder)
    assert again.code == 0
    assert "broken.jpg" in again.out


def test_a_folder_that_is_not_there_is_refused(ready, evidence, tmp_path):
    evidence()
    said = ready("audit", "photos", tmp_path / "nowhere", "--json")
    assert (said.code, said.told["error"]["code"]) == (1, "not-found")


def test_the_planted_errors_are_found_in_the_file_with_precision_and_recall(in_city, built, evidence):
    evidence()
    audits = next(built.folder.rglob("audits.csv"))
    truth = next(built.folder.rglob("audits_truth.csv"))
    told = in_city("audit", "clean", audits, "--truth", truth, "--json").told
    with truth.open(encoding="utf-8") as file:
        planted = [row["kind"] for row in csv.DictReader(file)]
    assert (told["visits"], told["not_examined"]) == (len(planted), 0)
    for score in told["scores"]:
        assert score["precision"] >= 0.95
        assert score["recall"] >= 0.95
        if score["kind"] != "duplicate":
            assert score["planted"] == planted.count(score["kind"]) > 0
    shown = in_city("audit", "clean", audits, "--truth", truth)
    assert shown.code == 0
    assert "1.000" in shown.out


def test_stored_visits_are_examined_without_a_file(in_city, built, evidence):
    evidence()
    truth = next(built.folder.rglob("audits_truth.csv"))
    told = in_city("audit", "clean", "--truth", truth, "--json").told
    # The import refused the visits with swapped axes.
    assert told["not_examined"] > 0
    assert "swapped" not in told["kinds"]
    assert {"gcj02", "far", "ok", "duplicate"} <= set(told["kinds"])
    assert in_city("audit", "clean").code == 0


def test_a_table_without_positions_and_a_truth_without_kinds_are_refused(in_city, built, evidence, tmp_path):
    evidence()
    bare = tmp_path / "bare.csv"
    bare.write_text(
        "visit_uid,place_layer,place_uid,inspector,visited_on,element,attribute\n"
        "V1,toilets,T0001,INS-1,2025-01-01,handrail,height\n"
    )
    said = in_city("audit", "clean", bare, "--json")
    assert (said.code, said.told["error"]["code"]) == (1, "mapping")
    said = in_city("audit", "clean", "--truth", bare, "--json")
    assert (said.code, said.told["error"]["code"]) == (1, "schema")
    said = in_city("audit", "clean", tmp_path / "nowhere.csv", "--json")
    assert (said.code, said.told["error"]["code"]) == (1, "not-found")
