"""Who is asking, and whether this route is theirs.

How to protect a route:

1. Write the route as usual. Nothing is protected by hand: `guard` runs before every route of the service.
2. Add its row to `api.rights.TABLE`: `"PUT /api/v1/visits/{uid}": "inspector reviewer"`. A route without a
   row answers 403 to everybody, and `tests/api/test_rights.py` fails.
3. Where the answer depends on who asks, take `caller: CallerDep` (of `api.deps`) and hand `caller.regions`
   on to the query: `select(...).where(in_regions(Table.region_code, caller.regions))` of `gis.spatial`. A row
   that is not the caller's is then not found, and answers the same 404 as one that does not exist.
4. Where one route does more for one role, ask `caller.is_one_of("reviewer", "admin")`, or
   `caller.need("admin")`, which raises the 403.
5. Sessions: `SessionDep` writes and commits before the answer, `ReadDep` only reads and waits for nobody.
   `NowDep` is the moment of the request; never read a clock in a route.

A browser is known by the cookie `__Host-tantu`, a phone or a machine by `Authorization: Bearer tantu_…`. An
unsafe method is refused when it comes from a page of another site (Sec-Fetch-Site, else Origin). A credential
that is over, revoked or unknown makes its bearer anonymous: public routes answer, the others say 401.

What may be questioned: the moment of last use is written at most once a minute and in a transaction of its
own, so that reading does not become writing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from sqlalchemy import Engine

from api import rights, store
from api.accounts import SESSION_IDLE, digest_of, stands
from api.tables import Account, Credential
from gis.db import transaction
from gis.errors import ForbiddenError, InputError, LoginRequiredError

COOKIE = "__Host-tantu"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TOUCH_EVERY = timedelta(minutes=1)
# What somebody with a first password may call: nothing but change it.
BEFORE_CHANGE = frozenset({"/api/v1/me", "/api/v1/password", "/api/v1/logout", "/password", "/logout"})


@dataclass(frozen=True)
class Caller:
    """Who asks: an account with its role, and the regions where the role holds; or nobody (`anonymous`).

    Attributes
    ----------
    regions
        Codes of regions, each with everything below it; empty is nowhere.
    name
        The name that decisions, cases and the audit log carry.
    unit
        The company of a contractor, who sees only what is assigned to it.
    kind
        `session` of a browser, `device` of a phone, `token` of a machine, or `` for nobody.
    """

    role: str = rights.ANONYMOUS
    regions: tuple[str, ...] = ()
    user_id: int | None = None
    uid: str = ""
    name: str = ""
    unit: str = ""
    kind: str = ""
    credential_id: int | None = None
    must_change: bool = False

    @property
    def signed_in(self) -> bool:
        """Somebody is known."""
        return self.user_id is not None

    def is_one_of(self, *roles: str) -> bool:
        """Tell whether the caller has one of these roles."""
        return self.role in roles

    def need(self, *roles: str) -> None:
        """Let only these roles go on.

        Raises
        ------
        LoginRequiredError
            Nobody is signed in.
        ForbiddenError
            The caller has another role.
        """
        if self.role in roles:
            return
        if not self.signed_in:
            raise LoginRequiredError("Sign in first.")
        raise ForbiddenError(f"The role {self.role} may not do this.")

    def covers(self, region_code: str | None) -> bool:
        """Tell whether a region lies in one of the caller's; one that is unknown lies in none."""
        return region_code is not None and any(region_code.startswith(code) for code in self.regions)


NOBODY = Caller()


def guard(request: Request) -> None:
    """Let a request through to its route, or refuse it; runs before every route.

    Raises
    ------
    LoginRequiredError
        The route is not public and nobody is signed in.
    InputError
        The query holds a parameter that the route does not know.
    ForbiddenError
        The route has no row for this role, the request comes from another site, or the first password was
        not changed yet.
    """
    state = request.app.state
    path = state.paths.get(id(request.scope["route"]))
    caller = identify(request, state.engine, state.now())
    request.state.caller = caller
    allowed = rights.allowed(request.method, path)
    if request.method not in SAFE and caller.kind in {"", "session"} and not _same_site(request):
        raise ForbiddenError("The request comes from a page of another site.")
    if caller.role not in allowed:
        if not caller.signed_in:
            raise LoginRequiredError("Sign in first.")
        raise ForbiddenError(f"The role {caller.role} may not do this.")
    _check_parameters(request, path or "")
    if caller.must_change and path not in BEFORE_CHANGE and rights.ANONYMOUS not in allowed:
        raise ForbiddenError("Change the first password before anything else.")


def _check_parameters(request: Request, path: str) -> None:
    # A misspelt filter that is ignored answers more than was asked for. Pages and OGC check their own.
    if not request.query_params or not path.startswith("/api/"):
        return
    known = set(_parameters(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise InputError(f"There is no parameter '{name[:40]}' here; there are: {there}")


def _parameters(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield parameter.alias
    for below in dependant.dependencies:
        yield from _parameters(below)


def identify(request: Request, engine: Engine, now: datetime) -> Caller:
    """Return who sends a request; a credential that does not stand is nobody's."""
    secret = _secret(request)
    if secret is None:
        return NOBODY
    with transaction(engine, read_only=True) as session:
        found = store.credential(session, digest_of(secret))
    if found is None or not _holds(*found, now):
        return NOBODY
    credential, account = found
    if now - credential.seen_at >= TOUCH_EVERY:
        with transaction(engine) as session:
            store.touch(session, credential.id, now)
    return Caller(
        role=account.role,
        regions=tuple(account.regions),
        user_id=account.id,
        uid=account.uid,
        name=account.name,
        unit=account.unit or "",
        kind=credential.kind,
        credential_id=credential.id,
        must_change=account.must_change,
    )


def _secret(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return token.strip()
    return request.cookies.get(COOKIE)


def _holds(credential: Credential, account: Account, now: datetime) -> bool:
    if credential.revoked_at is not None or credential.expires_at <= now or not stands(account, now):
        return False
    return credential.kind != "session" or credential.seen_at + SESSION_IDLE > now


def _same_site(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host")
    # No browser sends neither with a form or a script; a program has no cookie to be abused.
    return COOKIE not in request.cookies
