"""What the API and the command line ask for: each is done once, and noted in the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import AwryError, InputError
from awry.watch import requests as ask
from awry.watch.keeper.effects import Effect
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.learning import Learning
from awry.watch.messages import Answer, Due, Request
from awry.watch.store import accounts
from awry.watch.store.changes import add_change, answer_to, first_time, set_answer
from awry.watch.store.models import CameraRow, EventRow, SessionRow, UserRow
from awry.watch.store.outbox import try_again
from awry.watch.store.results import Token, User
from awry.watch.store.snoozes import add_snooze, end_snooze
from awry.watch.store.write import judge, pin, set_armed


@dataclass(slots=True)
class Done:
    """What came of a request.

    Attributes:
        subject, before, after: for the audit log; an empty subject: it is not noted there.
        values: for who asked.
        effects: what others are to be told.
        camera: whose thresholds are to be worked out anew.
    """

    subject: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    camera: str = ""


class Requests:
    """Does requests.

    Args:
        site: the site.
        learning: for requests on detectors.
    """

    def __init__(self, site: KeptSite, learning: Learning) -> None:
        self._site, self._learning = site, learning
        self._doers: dict[type[ask.Values], Callable[[Session, Any, str], Done]] = {
            ask.Judge: self._judge,
            ask.Unjudge: self._unjudge,
            ask.JudgeSome: self._judge_some,
            ask.Pin: self._pin,
            ask.Unpin: self._unpin,
            ask.Arm: self._arm,
            ask.Disarm: self._arm,
            ask.ArmBySchedule: self._arm,
            ask.Snooze: self._snooze,
            ask.Unsnooze: self._unsnooze,
            ask.UserMake: self._user_make,
            ask.UserPassword: self._user_password,
            ask.UserRole: self._user_role,
            ask.UserRemove: self._user_remove,
            ask.SessionMake: self._session_make,
            ask.SessionTouch: self._session_touch,
            ask.SessionEnd: self._session_end,
            ask.TokenMake: self._token_make,
            ask.TokenTouch: self._token_touch,
            ask.TokenRemove: self._token_remove,
            ask.BundlePromote: self._promote,
            ask.BundleDrop: self._drop,
            ask.BundleBack: self._back,
            ask.Refit: self._refit,
            ask.ConfigNoted: self._config,
            ask.OutboxRetry: self._outbox_retry,
            ask.BackupNoted: self._backup,
        }

    def take(self, session: Session, request: Request) -> tuple[Answer, Done]:
        """Do a request, or say why not; one that comes again is answered as before.

        Args:
            session: the transaction.
            request: what is asked for.
        """
        known = answer_to(session, request.uid)
        if known is not None:
            return Answer(request.uid, known or "{}"), Done()
        try:
            with session.begin_nested():
                values = ask.values_of(request)
                done = self._doers[type(values)](session, values, request.by)
                self._note(session, request, done)
        except AwryError as error:
            return Answer(request.uid, "{}", str(error)), Done()
        return Answer(request.uid, json.dumps(done.values)), done

    def _note(self, session: Session, request: Request, done: Done) -> None:
        now = self._site.clock.now()
        first_time(session, request.uid, now)
        session.flush()
        set_answer(session, request.uid, json.dumps(done.values))
        if done.subject:
            changed = {"before": done.before, "after": done.after}
            accounts.add_audit(session, now, request.by, request.action, done.subject, **changed)

    # ---- events and cameras -----------------------------------------------------------------

    def _judge(self, session: Session, asked: ask.Judge, by: str) -> Done:
        return self._judged(session, asked.event, asked.label, by, asked.note)

    def _unjudge(self, session: Session, asked: ask.Unjudge, by: str) -> Done:
        return self._judged(session, asked.event, None, by)

    def _judge_some(self, session: Session, asked: ask.JudgeSome, by: str) -> Done:
        before: dict[str, Any] = {}
        for uid in asked.events:
            one = self._judged(session, uid, asked.label, by, asked.note)
            if one.camera != asked.camera:
                raise InputError(f"Event {uid} is none of camera {asked.camera}.")
            before[uid] = one.before["label"]
        return Done(asked.camera, before, {"label": asked.label}, camera=asked.camera)

    def _judged(
        self, session: Session, uid: str, label: str | None, by: str, note: str = ""
    ) -> Done:
        row = session.get(EventRow, uid)
        before = None if row is None else row.label
        judge(session, uid, label, self._site.clock.now(), by=by, note=note)
        camera = "" if row is None else row.camera
        return Done(uid, {"label": before}, {"label": label}, camera=camera)

    def _pin(self, session: Session, asked: ask.Pin, by: str) -> Done:
        return self._pinned(session, asked.event, True)

    def _unpin(self, session: Session, asked: ask.Unpin, by: str) -> Done:
        return self._pinned(session, asked.event, False)

    def _pinned(self, session: Session, uid: str, pinned: bool) -> Done:
        new = pin(session, uid, pinned, self._site.clock.now())
        return Done(uid if new else "", {"pinned": not pinned}, {"pinned": pinned})

    def _arm(
        self, session: Session, asked: ask.Arm | ask.Disarm | ask.ArmBySchedule, by: str
    ) -> Done:
        camera = self._site.camera(asked.camera)
        row = session.get(CameraRow, asked.camera)
        if camera is None or row is None:
            raise InputError(f"There is no camera {asked.camera!r}.")
        now, before, armings = self._site.clock.now(), row.armed, self._site.armings
        if isinstance(asked, ask.ArmBySchedule):
            armings.by_schedule(session, camera)
        else:
            armings.by_hand(session, camera, isinstance(asked, ask.Arm), now, asked.until, by)
        armed = armings.armed(session, camera, now)
        set_armed(session, camera.name, armed, now)
        until = None if isinstance(asked, ask.ArmBySchedule) else asked.until
        return Done(camera.name, {"armed": before}, {"armed": armed, "until": until})

    def _snooze(self, session: Session, asked: ask.Snooze, by: str) -> Done:
        if self._site.camera(asked.camera) is None:
            raise InputError(f"There is no camera {asked.camera!r}.")
        now = self._site.clock.now()
        number = add_snooze(
            session,
            asked.camera,
            asked.boxes,
            now,
            until=asked.until,
            event=asked.event,
            note=asked.note,
            by=by,
        )
        after = {"until": asked.until, "boxes": [list(box) for box in asked.boxes]}
        return Done(asked.camera, {}, {"id": number, **after}, values={"id": number})

    def _unsnooze(self, session: Session, asked: ask.Unsnooze, by: str) -> Done:
        known = end_snooze(session, asked.id, self._site.clock.now(), by)
        return Done(known.camera, {"id": known.id, "until": known.until}, {"ended": True})

    def _config(self, session: Session, asked: ask.ConfigNoted, by: str) -> Done:
        add_change(session, self._site.clock.now(), "config", asked.subject)
        return Done(asked.subject, asked.before, asked.after)

    def _outbox_retry(self, session: Session, asked: ask.OutboxRetry, by: str) -> Done:
        count = try_again(session, asked.channel, asked.target, self._site.clock.now())
        after, values = {"rows": count}, {"count": count}
        effects = [Effect("courier", "", Due())] if count else []
        subject = f"{asked.channel} {asked.target}".strip()
        return Done(subject if count else "", {}, after, values, effects)

    def _backup(self, session: Session, asked: ask.BackupNoted, by: str) -> Done:
        return Done(asked.name, {}, {"backup": asked.what})

    # ---- detectors --------------------------------------------------------------------------

    def _promote(self, session: Session, asked: ask.BundlePromote, by: str) -> Done:
        before = self._learning.active(session, asked.camera)
        effects = self._learning.promote(session, asked.camera, asked.path)
        return self._switched(session, asked.camera, before, effects)

    def _drop(self, session: Session, asked: ask.BundleDrop, by: str) -> Done:
        effects = self._learning.drop(session, asked.camera, asked.path)
        dropped = {"dropped": asked.path}
        return Done(asked.camera, {}, dropped, effects=effects, camera=asked.camera)

    def _back(self, session: Session, asked: ask.BundleBack, by: str) -> Done:
        before = self._learning.active(session, asked.camera)
        effects = self._learning.back(session, asked.camera)
        return self._switched(session, asked.camera, before, effects)

    def _switched(self, session: Session, camera: str, before: str, effects: list[Effect]) -> Done:
        after = self._learning.active(session, camera)
        names = {"before": {"bundle": before}, "after": {"bundle": after}}
        return Done(camera, **names, effects=effects, camera=camera)

    def _refit(self, session: Session, asked: ask.Refit, by: str) -> Done:
        effects = self._learning.refit(session, asked.camera, asked.reason, asked.gather_s)
        after: dict[str, object] = {"reason": asked.reason}
        if asked.gather_s is not None:
            after["gather_s"] = asked.gather_s
        return Done(asked.camera, {}, after, effects=effects)

    # ---- people and programs ----------------------------------------------------------------

    def _user_make(self, session: Session, asked: ask.UserMake, by: str) -> Done:
        known = session.scalars(select(UserRow.name)).all()
        if asked.first and known:
            raise InputError("There is a user already; an administrator can make others.")
        if asked.name in known:
            raise InputError(f"There is a user {asked.name!r} already; choose another name.")
        now = self._site.clock.now()
        accounts.put_user(session, User(asked.name, asked.password, asked.role, now))
        return Done(asked.name, {}, {"role": asked.role})

    def _user_password(self, session: Session, asked: ask.UserPassword, by: str) -> Done:
        user = _user(session, asked.name)
        accounts.put_user(session, User(user.name, asked.password, user.role, user.made))
        accounts.end_log_ins(session, user.name)
        return Done(user.name, {}, {"password": "changed"})

    def _user_role(self, session: Session, asked: ask.UserRole, by: str) -> Done:
        user = _user(session, asked.name)
        if asked.role != "admin":
            _leave_an_administrator(session, user)
        accounts.put_user(session, User(user.name, user.password, asked.role, user.made))
        return Done(user.name, {"role": user.role}, {"role": asked.role})

    def _user_remove(self, session: Session, asked: ask.UserRemove, by: str) -> Done:
        user = _user(session, asked.name)
        _leave_an_administrator(session, user)
        tokens = accounts.remove_tokens_of(session, user.name)
        accounts.remove_user(session, user.name)
        return Done(user.name, {"role": user.role}, {"tokens": list(tokens)} if tokens else {})

    def _session_make(self, session: Session, asked: ask.SessionMake, by: str) -> Done:
        now = self._site.clock.now()
        names = {"user": asked.user, "csrf": asked.csrf}
        accounts.add_log_in(session, asked.id, **names, at=now, until=asked.until)
        return Done(asked.user, {}, {"until": asked.until})

    def _session_touch(self, session: Session, asked: ask.SessionTouch, by: str) -> Done:
        accounts.touch_log_in(session, asked.id, self._site.clock.now(), asked.until)
        return Done()

    def _session_end(self, session: Session, asked: ask.SessionEnd, by: str) -> Done:
        subject = asked.user or ""
        if asked.id is not None:
            row = session.get(SessionRow, asked.id)
            subject = subject or ("" if row is None else row.user)
            accounts.end_log_in(session, asked.id)
        if asked.user is not None:
            accounts.end_log_ins(session, asked.user)
        return Done(subject)

    def _token_make(self, session: Session, asked: ask.TokenMake, by: str) -> Done:
        now = self._site.clock.now()
        token = Token(asked.id, asked.name, asked.scope, asked.cameras, now, None, by)
        accounts.add_token(session, token)
        return Done(asked.name, {}, {"scope": asked.scope, "cameras": list(asked.cameras)})

    def _token_touch(self, session: Session, asked: ask.TokenTouch, by: str) -> Done:
        accounts.use_token(session, asked.id, self._site.clock.now())
        return Done()

    def _token_remove(self, session: Session, asked: ask.TokenRemove, by: str) -> Done:
        if not accounts.remove_token(session, asked.name):
            raise InputError(f"There is no token {asked.name!r}.")
        return Done(asked.name)


def _user(session: Session, name: str) -> User:
    user = accounts.user_named(session, name)
    if user is None:
        raise InputError(f"There is no user {name!r}.")
    return user


def _leave_an_administrator(session: Session, user: User) -> None:
    admins = [one.name for one in accounts.users(session) if one.role == "admin"]
    if admins == [user.name]:
        raise InputError(f"{user.name!r} is the only administrator; make another one first.")
