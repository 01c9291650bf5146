"""`tantu user` and `tantu trail` do what the routes do, for whoever owns the machine."""

import zipfile

from tests.api.people import GANZHOU


def test_the_command_line_makes_lists_resets_and_revokes(ready):
    made = ready("user", "add", "Ma.Ke", "--role", "housing", "--region", GANZHOU, "--json").told
    assert made["name"] == "ma.ke"
    assert ready("user", "add", "ma.ke", "--role", "housing").code == 1
    assert ready("user", "add", "x.y", "--role", "emperor").code == 1
    again = ready("user", "reset", "ma.ke", "--json").told
    assert again["first_password"] != made["first_password"]
    assert ready("user", "revoke", "ma.ke").code == 0
    (row,) = ready("user", "list", "--json").told
    assert (row["name"], row["regions"], row["revoked_at"] is not None) == ("ma.ke", [GANZHOU], True)
    assert "ma.ke" in ready("user", "list").out
    assert ready("user", "revoke", "nobody.here").code == 1


def test_the_command_line_exports_a_trail_and_finds_a_forged_one(ready, tmp_path):
    made = ready("user", "add", "ma.ke", "--role", "housing", "--json").told
    kinds = [deed["kind"] for deed in ready("trail", "list", "--json").told]
    assert kinds == ["account_made"]
    assert made["uid"] in ready("trail", "list").out
    file = tmp_path / "trail.zip"
    assert ready("trail", "export", file).code == 0
    assert ready("trail", "check", file, "--json").told == {"whole": True, "links": 2, "faults": []}
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as real, zipfile.ZipFile(forged, "w") as copy:
        for name in real.namelist():
            copy.writestr(name, real.read(name).replace(b"housing", b"auditor"))
    found = ready("trail", "check", forged, "--json")
    assert found.code == 1
    assert [fault["why"] for fault in found.told["faults"]] == ["content"]
    (tmp_path / "no.zip").write_bytes(b"PK")
    assert ready("trail", "check", tmp_path / "no.zip").code == 1
    assert ready("audit", "chain", "verify").code == 0
