"""The pictures that prove payments: kept outside the database, under names nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.money.models import Receipt
from guitara_app.money.queries import stored_receipt, twins
from guitara_app.money.rules import LARGEST_RECEIPT, receipt_type
from guitara_app.settings import settings


class Kept(NamedTuple):
    """A receipt that was kept; ``warning`` says when the same picture was there before."""

    receipt_id: int
    warning: str


class Shown(NamedTuple):
    """A receipt to show: its file, its media type, and what it may be called."""

    path: Path
    content_type: str
    name: str


def keep_receipt(session: Session, actor: Actor, appointment_id: int, *, content: bytes, now: datetime) -> Kept:
    """Keep a picture for a visit. The same picture as before is kept too, and warned of.

    The file is written first and stays when the transaction fails: without a row nobody is shown it.

    Raises:
        NotAllowed: the actor takes no steps on visits.
        NotFound: there is no such visit, or a therapist has no part in it.
        Invalid: it is empty, too large, or neither a picture nor a PDF.
    """
    require(actor, Permission.STEP_AS_THERAPIST)
    if not _may_add(session, actor, appointment_id):
        raise NotFound("There is no such visit of yours.")
    if len(content) > LARGEST_RECEIPT:
        raise Invalid(f"A receipt has at most {LARGEST_RECEIPT // 2**20} MB. Send a smaller picture.", field="receipt")
    kind = receipt_type(content)
    stored_as = secrets.token_hex(16)
    _write(stored_as, content)
    receipt = Receipt(
        appointment_id=appointment_id,
        sha256=hashlib.sha256(content).hexdigest(),
        content_type=kind,
        size=len(content),
        stored_as=stored_as,
        uploaded_by_id=actor.person_id or 0,
    )
    session.add(receipt)
    session.flush()
    record(
        session,
        "receipt_added",
        by=actor,
        now=now,
        topics=["desk", f"appointment:{appointment_id}"],
        appointment_id=appointment_id,
        data={"receipt_id": receipt.id},
    )
    return Kept(receipt.id, same_picture(session, receipt.id))


def show_receipt(session: Session, actor: Actor, receipt_id: int) -> Shown:
    """The receipt, for the desk and for whoever uploaded it.

    Raises:
        NotAllowed: the actor's work is not with payments.
        NotFound: there is none, or it is not the actor's to see.
    """
    require(actor, Permission.STEP_AS_THERAPIST)
    found = stored_receipt(session, receipt_id)
    if found is None or not (actor.is_desk or found.uploaded_by_id == actor.person_id):
        raise NotFound("There is no such receipt.")
    path = _path(found.stored_as)
    if not path.is_file():
        raise NotFound("The file of this receipt is not on this machine.")
    ending = found.content_type.partition("/")[2]
    return Shown(path, found.content_type, f"receipt-{found.id}.{ending}")


def same_picture(session: Session, receipt_id: int) -> str:
    """A warning when the very same picture was kept before; empty when it was not."""
    others = twins(session, receipt_id)
    if not others:
        return ""
    visits = ", ".join(f"#{number}" for number in sorted({twin.appointment_id for twin in others}))
    return f"The same picture was used before, for visit {visits}. Look whether this is another payment."


def _may_add(session: Session, actor: Actor, appointment_id: int) -> bool:
    if not 0 < appointment_id < 2**63:
        return False
    statement = "SELECT 1 FROM appointments WHERE id = :visit"
    if not actor.is_desk:
        statement = (
            "SELECT 1 FROM assignments WHERE appointment_id = :visit AND person_id = :person"
            " AND answer IN ('accepted', 'released') LIMIT 1"
        )
    values = {"visit": appointment_id} | ({} if actor.is_desk else {"person": actor.person_id})
    return session.execute(text(statement), values).scalar() is not None


def _path(stored_as: str) -> Path:
    return settings().data_dir / "receipts" / stored_as[:2] / stored_as


def _write(stored_as: str, content: bytes) -> None:
    path = _path(stored_as)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.parent.chmod(0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)
