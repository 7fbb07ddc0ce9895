"""The whole firm goes into a file and comes back the same: while people work, damaged, encrypted, killed half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg2
import pytest
from alembic.script import ScriptDirectory

from guitara_app.backup import back_up_daily, last_backup, make_backup, making, restore_backup, what_is_there
from guitara_app.backup.archive import Manifest, Writer
from guitara_app.demo import seed
from guitara_app.embedded import Postgres
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Conflict, Invalid, NotPossible
from guitara_app.kit.migrate import config, upgrade
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT, settings

PASSWORD = "seven quiet lanterns, O'Hara"
PICTURE = bytes(range(256)) * 40
AT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A data folder with a stored receipt."""
    folder = tmp_path / "data"
    (folder / "receipts" / "ab").mkdir(parents=True)
    (folder / "receipts" / "ab" / "abcd.jpeg").write_bytes(PICTURE)
    (folder / "secret").write_text("not in any backup")
    return folder


@pytest.fixture
def place(postgres: Postgres) -> Iterator[DatabaseUrls]:
    """A database without anything."""
    yield postgres.create_database("restored")
    postgres.drop_database("restored")


def asked(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def said(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def everything(url: str) -> dict[str, Any]:
    """Every row, sequence, constraint, index, trigger and right."""
    tables = [name for (name,) in asked(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = {
        name: asked(url, f"SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {name} t")
        for name in tables
    }
    return {
        "rows": rows,
        "sequences": asked(url, "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"),
        "constraints": asked(
            url,
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        ),
        "indexes": asked(url, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        "triggers": asked(url, "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
        "rights": asked(
            url,
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'guitara_app' ORDER BY 1, 2",
        ),
    }


def test_everything_comes_back_as_it_was(
    database: DatabaseUrls, place: DatabaseUrls, kept: Path, tmp_path: Path
) -> None:
    seed.run(now=now())
    before = everything(database.owner)
    made = make_backup(database.app, kept, tmp_path / "all.zip", now=AT)
    assert (made.files, made.size) == (1, made.path.stat().st_size)
    assert made.rows == sum(many for name, [(many, _)] in before["rows"].items() if name != "alembic_version")
    assert made.path.stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = restore_backup(place.owner, elsewhere, made.path)
    assert (found.rows, found.files, found.made_at) == (made.rows, 1, "2026-11-24T16:30:00+00:00")
    assert everything(place.owner) == before
    assert [path.relative_to(elsewhere).as_posix() for path in elsewhere.rglob("*") if path.is_file()] == [
        "receipts/ab/abcd.jpeg"
    ]
    assert (elsewhere / "receipts" / "ab" / "abcd.jpeg").read_bytes() == PICTURE


def test_what_is_done_meanwhile_is_not_half_in_it(
    database: DatabaseUrls, place: DatabaseUrls, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed.run(now=now())
    before = everything(database.owner)["rows"]
    copy, done = making._copy, []

    def while_somebody_works(cursor: Any, writer: Writer, name: str, columns: list[str]) -> Any:
        if not done:
            done.append(name)
            said(database.owner, "UPDATE appointments SET notes = 'meanwhile'; UPDATE clients SET notes = 'meanwhile'")
        return copy(cursor, writer, name, columns)

    monkeypatch.setattr(making, "_copy", while_somebody_works)
    make_backup(database.app, kept, tmp_path / "all.zip", now=AT)
    restore_backup(place.owner, tmp_path / "elsewhere", tmp_path / "all.zip")
    assert done
    assert everything(place.owner)["rows"] == before != everything(database.owner)["rows"]


def test_a_firm_that_is_there_is_lost_only_on_purpose(
    database: DatabaseUrls, place: DatabaseUrls, kept: Path, tmp_path: Path
) -> None:
    seed.run(now=now())
    before = everything(database.owner)
    make_backup(database.app, kept, tmp_path / "all.zip", now=AT)
    upgrade(place.owner)
    said(place.owner, "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
         " VALUES ('boss', 'O''Hara', 'admin', 0, false, 1)")  # fmt: skip
    assert what_is_there(place.owner) == {"people": 1}
    with pytest.raises(Conflict, match="firm in this place"):
        restore_backup(place.owner, kept, tmp_path / "all.zip")
    assert what_is_there(place.owner) == {"people": 1}
    restore_backup(place.owner, kept, tmp_path / "all.zip", replace=True)
    assert everything(place.owner) == before


def test_one_of_an_earlier_schema_comes_back_and_up_to_date(
    postgres: Postgres, place: DatabaseUrls, kept: Path, tmp_path: Path
) -> None:
    head, earlier = list(ScriptDirectory.from_config(config(None)).walk_revisions())[:2]
    old = postgres.create_database("earlier")
    try:
        upgrade(old.owner, earlier.revision)
        said(old.owner, "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
             " VALUES ('boss', 'O''Hara', 'admin', 0, false, 1)")  # fmt: skip
        make_backup(old.owner, kept, tmp_path / "old.zip", now=AT)
    finally:
        postgres.drop_database("earlier")
    upgrade(place.owner)
    restore_backup(place.owner, tmp_path / "elsewhere", tmp_path / "old.zip")
    assert asked(place.owner, "SELECT version_num FROM alembic_version") == [(head.revision,)]
    assert asked(place.owner, "SELECT username, name FROM people") == [("boss", "O'Hara")]


def test_one_of_a_later_schema_is_refused(place: DatabaseUrls, tmp_path: Path) -> None:
    with Writer(tmp_path / "later.zip", "") as writer:
        writer.finish(Manifest(version="9", revision="9999", made_at="", tables={}, sequences={}, checksums={}))
    with pytest.raises(NotPossible, match="later version"):
        restore_backup(place.owner, tmp_path, tmp_path / "later.zip")
    assert asked(place.owner, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_an_encrypted_one_opens_with_its_password_alone(
    database: DatabaseUrls, place: DatabaseUrls, kept: Path, tmp_path: Path
) -> None:
    seed.run(now=now())
    file = make_backup(database.app, kept, tmp_path / "all.zip", password=PASSWORD, now=AT).path
    with zipfile.ZipFile(file) as opened:
        assert all(entry.flag_bits & 1 for entry in opened.infolist())
    for wrong in ("", "wrong"):
        with pytest.raises(Invalid) as refused:
            restore_backup(place.owner, kept, file, password=wrong)
        assert refused.value.field == "password"
    restore_backup(place.owner, kept, file, password=PASSWORD)
    assert everything(place.owner) == everything(database.owner)


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip", "swapped"])
def test_a_damaged_one_is_refused_before_anything_is_touched(
    damage: str, database: DatabaseUrls, kept: Path, tmp_path: Path
) -> None:
    seed.run(now=now())
    file = make_backup(database.app, kept, tmp_path / "all.zip", now=AT).path
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    elif damage == "no zip":
        file.write_text("Dear diary")
    else:
        with zipfile.ZipFile(file) as opened, zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
            for entry in opened.infolist():
                piece = opened.read(entry)
                other.writestr(entry.filename, piece + b"x" if entry.filename == "tables/clients" else piece)
        file = tmp_path / "other.zip"
    before = everything(database.owner)
    with pytest.raises(NotPossible, match="damaged"):
        restore_backup(database.owner, kept, file, replace=True)
    assert everything(database.owner) == before


_KILLED = dedent("""
    import os, signal
    from datetime import UTC, datetime
    from pathlib import Path
    from guitara_app.backup import {module}
    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    {module}.{name} = die
    {module}.{call}
""")


def killed(module: str, name: str, call: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED.format(module=module, name=name, call=call)], cwd=PROJECT, check=False
    )
    assert ended.returncode == -signal.SIGKILL


def test_killed_half_way_nothing_has_changed(database: DatabaseUrls, kept: Path, tmp_path: Path) -> None:
    seed.run(now=now())
    file = make_backup(database.app, kept, tmp_path / "all.zip", now=AT).path
    said(database.owner, "UPDATE clients SET notes = 'since then'")
    before = everything(database.owner)
    killed(
        "restoring",
        "_bring_files",
        f"restore_backup({database.owner!r}, Path({str(kept)!r}), Path({str(file)!r}), replace=True)",
    )
    assert everything(database.owner) == before

    content = file.read_bytes()
    killed(
        "making",
        "_store",
        f"make_backup({database.app!r}, Path({str(kept)!r}), Path({str(file)!r}), now=datetime.now(UTC))",
    )
    assert file.read_bytes() == content
    restore_backup(database.owner, kept, file, replace=True)
    assert asked(database.owner, "SELECT 1 FROM clients WHERE notes = 'since then'") == []


def test_under_a_system_that_works_it_says_so(
    database: DatabaseUrls, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guitara_app.backup import restoring
    from guitara_app.kit.errors import Unavailable

    seed.run(now=now())
    file = make_backup(database.app, kept, tmp_path / "all.zip", now=AT).path
    monkeypatch.setattr(restoring, "_LOCK_TIMEOUT", "200ms")
    with closing(psycopg2.connect(database.app)) as busy, busy.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clients")
        with pytest.raises(Unavailable, match="Stop the system first"):
            restore_backup(database.owner, kept, file, replace=True)


def test_each_day_one_and_the_newest_are_kept(
    database: DatabaseUrls, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del database
    folder = tmp_path / "backups"
    monkeypatch.setattr(settings(), "data_dir", kept)
    assert back_up_daily(now=AT) is None
    monkeypatch.setattr(settings(), "backup_dir", str(folder))
    monkeypatch.setattr(settings(), "backup_keep", 2)
    with pytest.raises(NotPossible, match="GUITARA_BACKUP_DIR"):
        back_up_daily(now=AT)
    folder.mkdir()
    (folder / ".guitara-20260101-000000.zip.part").write_text("of one that was killed")
    (folder / "mine.zip").write_text("somebody's own")
    made = [back_up_daily(now=AT + timedelta(hours=hours)) for hours in (0, 1, 23, 24, 25, 48, 73)]
    assert [one is not None for one in made] == [True, False, False, True, False, True, True]
    assert sorted(path.name for path in folder.iterdir()) == [
        "guitara-20261126-163000.zip",
        "guitara-20261127-173000.zip",
        "mine.zip",
    ]
    with reading() as session:
        last = last_backup(session)
    assert last is not None
    assert last["file"] == "guitara-20261127-173000.zip"


def test_two_at_once_make_one(database: DatabaseUrls, kept: Path, tmp_path: Path) -> None:
    with closing(psycopg2.connect(database.app)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(9)")
        with pytest.raises(NotPossible, match="Another backup"):
            make_backup(database.app, kept, tmp_path / "all.zip", now=AT)
    assert not (tmp_path / "all.zip").exists()


def test_from_the_command_line(database: DatabaseUrls, kept: Path, tmp_path: Path) -> None:
    seed.run(now=now())
    before = everything(database.owner)["rows"]["clients"]
    given = {
        "GUITARA_DATABASE_URL": database.app,
        "GUITARA_OWNER_DATABASE_URL": database.owner,
        "GUITARA_DATA_DIR": str(kept),
        "GUITARA_BACKUP_PASSWORD": PASSWORD,
    }

    def guitara(*arguments: str) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, "-m", "guitara_app.cli", *arguments],
            cwd=PROJECT,
            env=os.environ | given,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    file = str(tmp_path / "all.zip")
    code, words = guitara("backup", file)
    assert code == 0, words
    assert "1 stored files" in words
    said(database.owner, "UPDATE clients SET notes = 'since then'")
    code, words = guitara("restore", file)
    assert code == 1
    assert "With --replace it is lost" in words
    code, words = guitara("restore", file, "--replace")
    assert code == 1, "nobody there to confirm it"
    assert everything(database.owner)["rows"]["clients"] != before
    code, words = guitara("restore", file, "--replace", "--yes")
    assert code == 0, words
    assert everything(database.owner)["rows"]["clients"] == before
