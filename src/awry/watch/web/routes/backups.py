"""Backups: made, given out, checked, removed, and restored at the next start."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Path, Query
from starlette.responses import StreamingResponse

from awry.errors import InputError, WriteError
from awry.watch.requests import BackupNoted
from awry.watch.store import backups as stored
from awry.watch.store import restore
from awry.watch.web.access import SiteAdministrator
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Done
from awry.watch.web.bodies.system import BackupBody, Backups, CheckedBody, Making, RestoreBody
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(
    prefix="/api/v1/backups", tags=["backups"], responses=refusals(401, 403, 422, 503)
)
Name = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Name of a backup.")
]


@router.get("")
def list_backups(api: TheApi, caller: SiteAdministrator) -> Backups:
    """All backups in the store, and what the next start restores."""
    layout = api.database.layout
    wished = restore.wished(layout)
    return Backups(
        backups=[BackupBody.model_validate(one) for one in stored.backups(layout)],
        making=api.backups.making,
        problem=api.backups.problem,
        restore=None if wished is None else RestoreBody.model_validate(wished),
    )


@router.post("", status_code=202, responses=refusals(409))
def make_backup(api: TheApi, caller: SiteAdministrator, after: BackgroundTasks) -> Making:
    """Make a backup in the store's folder `backups`; the site runs on meanwhile."""
    name = stored.new_name(api.database.layout, api.clock.now(), api.settings.timezone)
    if not api.backups.begin(name):
        raise RefusedError(409, f"The backup {api.backups.making} is being made; wait for it.")
    after.add_task(_make, api, name, caller.name)
    return Making(name=name)


@router.get(
    "/{name}/file",
    response_class=StreamingResponse,
    responses={
        **refusals(404),
        200: {
            "description": "A tar archive.",
            "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
def give_backup(
    api: TheApi,
    caller: SiteAdministrator,
    name: Name,
    media: Annotated[
        bool, Query(description="With clips, pictures and footage; without them it is small.")
    ] = True,
) -> StreamingResponse:
    """A backup as a tar archive. It holds the hashes of passwords: keep it safe."""
    try:
        pieces = stored.packed(api.database.layout, name, media=media)
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    api.write(BackupNoted(name=name, what="downloaded"), caller.name)
    named = {"content-disposition": f'attachment; filename="{name}.tar"'}
    return StreamingResponse(pieces, media_type="application/x-tar", headers=named)


@router.post("/{name}/check", responses=refusals(404))
def check_backup(api: TheApi, caller: SiteAdministrator, name: Name) -> CheckedBody:
    """Look whether a backup can be restored: its database is whole, its files are there."""
    try:
        found = stored.check(api.database.layout, name)
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    return CheckedBody(
        sound=found.sound,
        said=list(found.said),
        files=found.files,
        missing=found.missing,
        schema=found.schema,
    )


@router.delete("/{name}", responses=refusals(404, 409))
def remove_backup(api: TheApi, caller: SiteAdministrator, name: Name) -> Done:
    """Delete a backup."""
    wished = restore.wished(api.database.layout)
    if wished is not None and wished.backup == name:
        raise RefusedError(
            409, f"{name} is to be restored at the next start; take that back first."
        )
    try:
        stored.remove(api.database.layout, name)
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    api.write(BackupNoted(name=name, what="removed"), caller.name)
    return Done(done=True)


@router.put("/{name}/restore", responses=refusals(404, 409))
def ask_restore(api: TheApi, caller: SiteAdministrator, name: Name) -> RestoreBody:
    """Let a backup take the store's place at the next start; what is here becomes a backup."""
    layout = api.database.layout
    if api.settings.database is not None:
        raise RefusedError(
            409, "The site's database is not in its store; restore it with its own tools."
        )
    try:
        stored.place_of(layout, name)
    except InputError as error:
        raise RefusedError(404, str(error)) from error
    wanted = restore.Wish(name, caller.name, api.clock.now())
    try:
        restore.wish(layout, wanted)
    except (InputError, WriteError) as error:
        raise RefusedError(409, str(error)) from error
    api.write(BackupNoted(name=name, what="restore asked"), caller.name)
    return RestoreBody.model_validate(wanted)


@router.delete("/{name}/restore", responses=refusals(409))
def drop_restore(api: TheApi, caller: SiteAdministrator, name: Name) -> Done:
    """Restore nothing at the next start."""
    if restore.drop_wish(api.database.layout):
        api.write(BackupNoted(name=name, what="restore dropped"), caller.name)
    return Done(done=True)


def _make(api: Api, name: str, by: str) -> None:
    if api.backups.make(api.database) is not None:
        api.write(BackupNoted(name=name, what="made"), by)
