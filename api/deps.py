"""What a route is given: the settings, and a session whose transaction ends before the answer."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api.settings import Settings
from gis.db import transaction


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _session(request: Request) -> Iterator[Session]:
    with transaction(request.app.state.engine) as session:
        yield session


SettingsDep = Annotated[Settings, Depends(_settings)]
# scope="function": the commit happens before the answer is sent, so that a failing one is never 2xx.
SessionDep = Annotated[Session, Depends(_session, scope="function")]
