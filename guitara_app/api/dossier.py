"""Everything that is known of a client, as a file for them."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from guitara_app.accounts.permissions import Permission
from guitara_app.api.documents import for_holders
from guitara_app.kit.database import run
from guitara_app.kit.time import now
from guitara_app.privacy.services import take_along


def _for_the_client(request: Request) -> Response:
    number = request.path_params["client_id"]
    found = run(lambda session: take_along(session, request.state.actor, number, now=now()))
    return Response(
        json.dumps(found, indent=1, ensure_ascii=False, default=str),
        media_type="application/json",
        headers={"content-disposition": f"attachment; filename=client-{number}.json"},
    )


dossier = for_holders(Permission.ERASE_CLIENTS, _for_the_client)
