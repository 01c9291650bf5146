"""Who may call which route: the one table of route x method x role, and the only place that says so.

A request is refused unless its route has a row here that names the caller's role (`api.auth.guard` asks
for every request); `tests/api/test_rights.py` calls every route as every kind of caller and fails on a
route without a row. `public` is everybody, signed in or not; `staff` is everybody who is signed in.

A row lets a role in, no further: which rows of a table it then sees is decided by the regions of the
caller (`Caller.regions`), inside the query.
"""

ANONYMOUS = "anonymous"
ROLES = ("clerk", "contractor", "inspector", "reviewer", "housing", "planner", "auditor", "admin")

# "METHOD /path": who. Keep the rows of one module of routes together, and add yours at the end of a block.
TABLE = {
    # pages
    "GET /": "public",
    "GET /login": "public",
    "GET /password": "staff",
    "GET /assets/{name}": "public",
    "GET /inspect": "inspector reviewer",
    "GET /inspect/worker.js": "public",
    "GET /inspect/app.webmanifest": "public",
    "GET /api/v1/inspection": "inspector reviewer",
    # maps
    "GET /maps": "public",
    "GET /maps/{name}": "public",
    # health
    "GET /health": "public",
    "GET /openapi.json": "public",
    "GET /metrics": "auditor admin",
    # login
    "POST /api/v1/login": "public",
    "POST /api/v1/logout": "public",
    "GET /api/v1/me": "public",
    "POST /api/v1/password": "staff",
    "GET /api/v1/devices": "staff",
    "POST /api/v1/devices": "staff",
    "DELETE /api/v1/devices/{uid}": "staff",
    # users
    "GET /api/v1/users": "admin auditor",
    "POST /api/v1/users": "admin",
    "GET /api/v1/users/{uid}": "admin auditor",
    "PATCH /api/v1/users/{uid}": "admin",
    "POST /api/v1/users/{uid}/reset": "admin",
    "POST /api/v1/users/{uid}/revoke": "admin",
    "POST /api/v1/users/{uid}/tokens": "admin",
    "DELETE /api/v1/users/{uid}/tokens/{token}": "admin",
    # trail
    "GET /api/v1/trail": "auditor admin",
    "GET /api/v1/trail/check": "auditor admin",
    "GET /api/v1/trail/export": "auditor admin",
    # toilets
    "GET /toilets": "public",
    "GET /toilets/{uid}": "public",
    "GET /toilets/{uid}/qr.svg": "public",
    "GET /data/toilets.{ending}": "public",
    "GET /api/v1/toilets": "public",
    # jobs: each kind has its own row in api.routes.v1_jobs.ASKERS
    "POST /api/v1/jobs": "clerk inspector reviewer housing planner auditor admin",
    "GET /api/v1/jobs": "staff",
    "GET /api/v1/jobs/{uid}": "staff",
    "GET /api/v1/jobs/{uid}/log": "staff",
    "GET /api/v1/jobs/{uid}/files/{name}": "staff",
    "DELETE /api/v1/jobs/{uid}": "staff",
    # uploads
    "OPTIONS /api/v1/uploads": "public",
    "POST /api/v1/uploads": "clerk contractor inspector reviewer housing planner admin",
    "HEAD /api/v1/uploads/{uid}": "staff",
    "PATCH /api/v1/uploads/{uid}": "clerk contractor inspector reviewer housing planner admin",
    "GET /api/v1/uploads/{uid}": "staff",
    "DELETE /api/v1/uploads/{uid}": "staff",
    "POST /api/v1/toilets/{uid}/answers": "public",
    # ogc: which collections a role sees is in api.ogc.collections
    "GET /ogc": "public",
    "GET /ogc/": "public",
    "GET /ogc/conformance": "public",
    "GET /ogc/api": "public",
    "GET /ogc/collections": "public",
    "GET /ogc/collections/{name}": "public",
    "GET /ogc/collections/{name}/queryables": "public",
    "GET /ogc/collections/{name}/items": "public",
    "GET /ogc/collections/{name}/items/{feature}": "public",
    "GET /ogc/collections/{name}/download": "public",
    "GET /ogc/tileMatrixSets": "public",
    "GET /ogc/tileMatrixSets/{grid}": "public",
    "GET /ogc/collections/{name}/tiles": "public",
    "GET /ogc/collections/{name}/tiles/{grid}": "public",
    "GET /ogc/collections/{name}/tiles/{grid}/{zoom}/{row}/{column}": "public",
    # visits and what was changed offline
    "PUT /api/v1/visits/{uid}": "clerk inspector reviewer",
    "PUT /api/v1/changes/{batch}": "clerk contractor inspector reviewer",
    "GET /api/v1/conflicts": "clerk contractor inspector reviewer admin",
    "POST /api/v1/conflicts/{uid}/decision": "reviewer admin",
    # cases: each event has its own row in api.case_events.DOERS
    "GET /api/v1/cases/{uid}": "contractor inspector reviewer housing planner auditor admin",
    "GET /cases": "contractor inspector reviewer housing planner auditor admin",
    "GET /review": "reviewer admin",
    "GET /api/v1/kpis": "contractor inspector reviewer housing planner auditor admin",
    "GET /api/v1/kpis/{figure}": "contractor inspector reviewer housing planner auditor admin",
    "POST /api/v1/cases": "reviewer admin",
    "POST /api/v1/cases/{uid}/events": "contractor inspector reviewer housing admin",
    # lists; homes have their own row in api.routes.v1_lists.HOMES
    "GET /api/v1/places/{layer}": "clerk inspector reviewer housing planner auditor admin",
    "GET /api/v1/visits": "clerk inspector reviewer housing planner auditor admin",
    "GET /api/v1/findings": "clerk inspector reviewer housing planner auditor admin",
    "GET /api/v1/cases": "contractor inspector reviewer housing planner auditor admin",
}


def allowed(method: str, path: str | None) -> frozenset[str]:
    """Return the roles that may call a route; nobody where it has no row."""
    return _ALLOWED.get(f"{method} {path}", frozenset())


def _roles(who: str) -> frozenset[str]:
    named = set(who.split())
    if "public" in named:
        return frozenset({*ROLES, ANONYMOUS})
    if "staff" in named:
        return frozenset(ROLES)
    unknown = named - set(ROLES)
    if unknown or not named:
        raise ValueError(f"No roles: {who!r}")
    return frozenset(named)


_ALLOWED = {route: _roles(who) for route, who in TABLE.items()}
