"""Joins the OGC API to the service: its routes, its collections and what it keeps between requests."""

from fastapi import FastAPI

from api.ogc import downloads, routes, tile_routes
from api.ogc.collections import registry


def add_ogc(app: FastAPI) -> None:
    """Add the OGC API to a service."""
    app.state.collections = registry()
    app.state.extents = {}
    for router in (routes.router, tile_routes.router, downloads.router):
        app.include_router(router)
