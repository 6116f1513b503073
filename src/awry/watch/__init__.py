"""`awry watch`: cameras watched day and night, with an alarm budget and a store.

Each process of a site is one package: `supervisor` starts the others, `ingest` reads a camera,
`scorer` scores, `keeper` alone writes the database, `courier` tells others, `web` answers programs
and browsers, `trainer` fits. They speak by `ipc` with the messages of `messages`; `site` is what a
person configured, `store` what is kept.

The functions here are what the commands call: `awry.watch.check("site.yaml")`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from awry.errors import MissingError

if TYPE_CHECKING:
    from awry.watch.accounts import (
        add_user,
        list_tokens,
        list_users,
        make_token,
        remove_token,
        remove_user,
        set_password,
    )
    from awry.watch.checking.check import check
    from awry.watch.dataset import export_dataset
    from awry.watch.demo_site.demo import demo
    from awry.watch.judgements import feedback
    from awry.watch.new_site import init
    from awry.watch.operating import backup, events, fsck, replay, run, schema, status

__all__ = [
    "add_user",
    "backup",
    "check",
    "demo",
    "events",
    "export_dataset",
    "feedback",
    "fsck",
    "init",
    "list_tokens",
    "list_users",
    "make_token",
    "remove_token",
    "remove_user",
    "replay",
    "run",
    "schema",
    "set_password",
    "status",
]

# Imported where they are used: the processes of a site import what they need and no more.
_LAZY = {
    "add_user": "accounts",
    "backup": "operating",
    "check": "checking.check",
    "demo": "demo_site.demo",
    "events": "operating",
    "export_dataset": "dataset",
    "feedback": "judgements",
    "fsck": "operating",
    "init": "new_site",
    "list_tokens": "accounts",
    "list_users": "accounts",
    "make_token": "accounts",
    "remove_token": "accounts",
    "remove_user": "accounts",
    "replay": "operating",
    "run": "operating",
    "schema": "operating",
    "set_password": "accounts",
    "status": "operating",
}
_OF_THE_EXTRA = (
    *("aiomqtt", "alembic", "apprise", "argon2", "fastapi", "filelock", "prometheus_client"),
    *("psutil", "ruamel", "sqlalchemy", "starlette", "uvicorn"),
)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'awry.watch' has no attribute '{name}'")
    try:
        return getattr(import_module(f"awry.watch.{_LAZY[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OF_THE_EXTRA:
            raise MissingError(
                f"awry watch needs {error.name}, which is not installed: pip install 'awry[watch]'."
            ) from error
        raise


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
