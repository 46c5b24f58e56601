"""Every setting of a home, with its default and one sentence.

Read from `settings.toml` in the home; each also as `ML_CONNECTOR_<NAME>`, which outranks the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ml_connector.core.faults import Mistake

UNKNOWN = "there is no such setting"
EXTRA = ("extra_forbidden",)
"""What pydantic calls a setting that is not declared."""


def _address(text: str) -> str:
    """Raises ValueError for what no address can be."""
    text.encode()
    urlsplit(text)
    return text


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """See the descriptions; `docs/reference/settings.md` is made from them."""

    model_config = SettingsConfigDict(env_prefix="ML_CONNECTOR_", extra="forbid")

    public_url: Address = Field(
        "",
        description="The address under which vendors reach this server; empty: none can, and "
        "everything is polled.",
    )
    host: str = Field("127.0.0.1", description="The address that `serve` listens on.")
    port: int = Field(8765, ge=0, le=65535, description="The port that `serve` listens on.")
    keyring: str = Field(
        "",
        description="Where the key ring is, as a path or as its text; empty: keyring.json in the "
        "home.",
    )
    clock_url: Address = Field(
        "", description="A sandbox's clock to follow; loopback only, for rehearsals and tests."
    )
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="The least level that is logged: debug, info, warning or error.",
    )
    audit_days: int = Field(
        3650, ge=1, description="How many days an audit row is kept; ten years unless set."
    )
    inbox_days: int = Field(
        90, ge=1, description="How many days a delivery's body is kept in the inbox."
    )
    webhook_overlap_days: int = Field(
        7,
        ge=0,
        description="How many days a webhook's address and secrets stay good after they were "
        "replaced.",
    )


def load_settings(file: Path) -> Settings:
    """The settings of a home. Raises Mistake that names the setting and what is wrong with it."""

    class FromHome(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        return FromHome()  # type: ignore[call-arg]  # every field has a default; mypy sees none
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Mistake(f"{file} is not readable as TOML: {error}.") from None
    except OSError as error:
        raise Mistake(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {UNKNOWN if e['type'] in EXTRA else e['msg']}"
            for e in error.errors()
        )
        raise Mistake(f"A setting in {file} or in the environment is not usable: {told}.") from None
