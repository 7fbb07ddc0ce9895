"""How the system is doing, put together from what is kept of it: for the page, and for the terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from guitara_app.backup import LastBackup, last_backup
from guitara_app.kit.outbox import live_redis
from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.keeping import Latest, history, latest
from guitara_app.monitoring.measures import hours, measures
from guitara_app.monitoring.queries import alert_rows
from guitara_app.monitoring.views import AlertRow, PartRow, System
from guitara_app.privacy.retention import Applied, last_retention
from guitara_app.settings import settings

_FEWEST_FRESH_S = 20.0
_BEAT_OLD_S = 30.0
_DAY_H, _LATE_H = 24, 26


def system(session: Session, *, now: datetime) -> System:
    """Everything an admin sees. Without Redis there are no figures, and nothing is fresh."""
    try:
        newest, points = latest(live_redis()), history(live_redis())
    except RedisError:
        newest, points = None, []
    found = put_together(newest, points, alert_rows(session, now=now), now=now)
    found["parts"] = [*found["parts"], _backup(last_backup(session), now), _retention(last_retention(session), now)]
    return found


def seen_from_outside(redis: Redis, *, now: datetime) -> System:
    """The same for whoever has no database at hand: of alerts only the words of those that are open.

    Raises:
        redis.exceptions.RedisError: Redis does not answer.
    """
    newest = latest(redis)
    alerts = [
        AlertRow(id=number, words=words, opened="", closed="", times=1, urgent=True)
        for number, words in enumerate(newest["alerts"] if newest else ())
    ]
    return put_together(newest, history(redis), alerts, now=now)


def put_together(newest: Latest | None, points: list[Point], alerts: list[AlertRow], *, now: datetime) -> System:
    """What is shown of these figures at this moment."""
    last = points[-1] if points else None
    age = now.timestamp() - last.at if last else 0.0
    fresh = last is not None and age < max(_FEWEST_FRESH_S, 4 * settings().sample_seconds)
    return System(
        measured=datetime.fromtimestamp(last.at, UTC).isoformat(timespec="seconds") if last else "",
        fresh=fresh,
        measures=measures(points),
        hour=hours(points),
        parts=_parts(last) if last else [],
        processes=newest["processes"] if newest else [],
        sockets=[_counted(role, number) for role, number in newest["sockets"].items()] if newest else [],
        queues=[_counted(name, number) for name, number in last.queues.items()] if last else [],
        alerts=alerts,
        slow=newest["slow"] if newest else [],
        repeated=newest["repeated"] if newest else [],
    )


def _parts(last: Point) -> list[PartRow]:
    beat = last.beat_age_s is not None and last.beat_age_s < _BEAT_OLD_S
    workers = f"{last.workers} at work" if last.workers else "none"
    return [
        _part("Database", "database" not in last.failing),
        _part("Redis", "redis" not in last.failing),
        _part("Workers", last.workers > 0, workers),
        _part("Beat", beat, "ticking" if beat else "silent"),
    ]


def _backup(last: LastBackup | None, now: datetime) -> PartRow:
    wanted = bool(settings().backup_dir)
    if last is None:
        return PartRow(name="Backup", words="none yet", tone="bad" if wanted else "")
    age = now - datetime.fromisoformat(last["at"])
    hours = int(age.total_seconds() // 3600)
    late = wanted and hours >= _LATE_H
    return PartRow(name="Backup", words=f"{_ago(hours)}, {last['size'] / 1e6:,.1f} MB", tone="bad" if late else "good")


def _retention(last: Applied | None, now: datetime) -> PartRow:
    if last is None:
        return PartRow(name="Forgetting", words="not yet", tone="")
    hours = int((now - datetime.fromisoformat(last["at"])).total_seconds() // 3600)
    counts = ((last["clients"], "clients"), (last["notices"], "notifications"), (last["sign_ins"], "sign-ins"))
    what = ", ".join(f"{many:,} {word}" for many, word in counts if many) or "nothing was due"
    return PartRow(name="Forgetting", words=f"{_ago(hours)}, {what}", tone="good" if hours < 2 * _DAY_H else "bad")


def _ago(hours: int) -> str:
    return "within the hour" if not hours else f"{hours} h ago" if hours < 2 * _DAY_H else f"{hours // _DAY_H} days ago"


def _part(name: str, well: bool, words: str = "") -> PartRow:
    return PartRow(name=name, words=words or ("answers" if well else "silent"), tone="good" if well else "bad")


def _counted(name: str, number: int) -> PartRow:
    return PartRow(name=name, words=f"{number}", tone="")
