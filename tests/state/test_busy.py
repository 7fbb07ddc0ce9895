"""While every connection to the database is busy, a page says so instead of standing still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.kit.database import engine, reading, use_pool
from guitara_app.kit.errors import BUSY
from guitara_app.settings import settings
from tests.state.conftest import OpenBrowser


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "pool_timeout_s", 0.3)
    use_pool(1)
    yield
    engine().dispose()
    use_pool(settings().web_pool_size)


def test_the_sentence_is_shown_and_the_next_try_works(browser: OpenBrowser, one_connection: None) -> None:
    [find] = [name for name in RegistrationContext.get().event_handlers if name.endswith("____palette_state.find")]
    desk = browser(Role.OPERATOR)
    with reading() as held:
        held.execute(text("SELECT 1"))
        assert desk.call(find, {"typed": "souza"}).says(BUSY)
    told = desk.call(find, {"typed": "souza"})
    assert not told.says(BUSY)
    assert told.deltas
