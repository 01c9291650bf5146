"""Every setting, and the only module that reads the environment.

A setting is an environment variable `TANTU_…` or a line of a file `.env` in the current folder; the
README's table lists them all (a test compares). Nothing is read at import: a command or the service
calls `settings()` once and hands values on.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _language() -> Literal["zh", "en"]:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.startswith("en") else "zh"


class Settings(BaseSettings):
    """What differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="TANTU_", env_file=".env", extra="ignore")

    database_url: str = Field(
        "sqlite:///tantu.sqlite",
        description="SpatiaLite file (sqlite:///FILE) or PostGIS (postgresql+psycopg://USER:PASSWORD@HOST/NAME)",
    )
    city: str = Field("zhangye", description="folder of the city under data/cities")
    lang: Literal["zh", "en"] = Field(
        default_factory=_language, description="language of the command line and of what it writes"
    )
    key: SecretStr | None = Field(
        None, description="key of the personal columns, 64 hexadecimal digits; wins over the key file"
    )
    key_file: Path = Field(
        Path("tantu.key"), description="file that holds the key; `tantu init` makes it where there is none"
    )
    user: str = Field("command line", description="who is named in the import batches of this command line")
    host: str = Field("127.0.0.1", description="address that `tantu serve` listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that `tantu serve` listens on")
    media: Path = Field(
        Path("media"),
        description="folder of the photos of audits, originals sealed; back it up with the database",
    )
    cache: Path = Field(
        Path("cache"), description="folder of built road networks; may be deleted, they are built again"
    )
    maps: Path = Field(Path("out"), description="folder of rendered maps that `tantu serve` shows")


def settings() -> Settings:
    """Return the settings in force now."""
    return Settings()
