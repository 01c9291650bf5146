"""Every route is called as every kind of caller, and answers as the one table of rights says."""

import re

import pytest
from fastapi.routing import iter_route_contexts

from api import rights
from tests.api.people import KINDS, OVER


def routes(app):
    """Every route and method of a service."""
    for route in iter_route_contexts(app.routes):
        methods = set(route.methods or {"MOUNT"})
        for method in sorted(methods - {"HEAD"} if "GET" in methods else methods):
            yield method, route.path_format or route.path


def test_every_route_has_a_row_and_every_row_a_route(doors):
    served = {f"{method} {path}" for method, path in routes(doors.app)}
    assert served == set(rights.TABLE)


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_a_route_lets_in_whom_its_row_names_and_nobody_else(doors, kind):
    role = rights.ANONYMOUS if kind in {None, *OVER} else KINDS[kind][0]
    wrong = []
    for method, path in routes(doors.app):
        answer = doors.client(kind).request(method, re.sub(r"\{[^}]*\}", "1", path))
        told = answer.status_code
        if role in rights.allowed(method, path):
            right = told not in {401, 403} and told < 500
        else:
            right = told == (401 if role == rights.ANONYMOUS else 403)
        if not right:
            wrong.append((method, path, told, answer.text[:200]))
    assert wrong == []


def test_a_route_without_a_row_is_refused_even_to_an_administrator(doors):
    doors.app.add_api_route("/forgotten", lambda: "secret")
    for kind in ("admin", None):
        answer = doors.client(kind).get("/forgotten")
        assert answer.status_code in {401, 403}
        assert "secret" not in answer.text


def test_a_row_names_roles_that_exist():
    for who in rights.TABLE.values():
        assert set(who.split()) <= {*rights.ROLES, "public", "staff"}
