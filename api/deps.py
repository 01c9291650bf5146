"""What a route is given: the settings, the caller, the moment, and a session that ends before the answer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api import pages
from api.auth import Caller
from api.settings import Settings
from gis.catalogue import Language
from gis.db import transaction


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _session(request: Request) -> Iterator[Session]:
    with transaction(request.app.state.engine) as session:
        yield session


def _reading(request: Request) -> Iterator[Session]:
    with transaction(request.app.state.engine, read_only=True) as session:
        yield session


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.now()
    return now


def _language(request: Request) -> Language:
    return pages.language(request)


SettingsDep = Annotated[Settings, Depends(_settings)]
# scope="function": the commit happens before the answer is sent, so that a failing one is never 2xx.
SessionDep = Annotated[Session, Depends(_session, scope="function")]
# Reads beside a writer instead of waiting for it; every write is refused.
ReadDep = Annotated[Session, Depends(_reading, scope="function")]
CallerDep = Annotated[Caller, Depends(_caller)]
NowDep = Annotated[datetime, Depends(_now)]
LanguageDep = Annotated[Language, Depends(_language)]
