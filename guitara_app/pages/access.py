"""Who may call which handler: a mark on every one, checked when it is called, and a wall for those without.

Any browser can call any public method of any State with any payload, so a handler is written like this::

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def cancel(self, appointment_id: int, form: CancelForm):
        actor = current_actor()

Every argument needs a type. Pydantic parses the arguments first; what does not fit never reaches the handler. A
service's error becomes a notice for the user, and so does anything unforeseen, here and nowhere else.
"""

from __future__ import annotations

import functools
import inspect
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints
from urllib.parse import urlencode

import reflex as rx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from redis.exceptions import RedisError
from reflex.middleware.middleware import Middleware
from reflex.state import (
    BaseState,
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
    UpdateVarsInternalState,
)
from reflex_base.event import Event, EventSpec
from reflex_base.registry import RegistrationContext
from reflex_base.utils.exceptions import LockExpiredError
from starlette.requests import cookie_parser

from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.accounts.recognition import recognise, recognised
from guitara_app.components.connection import LOAD_AGAIN
from guitara_app.kit.errors import GuitaraError, NotAllowed, Unavailable
from guitara_app.kit.threads import in_thread
from guitara_app.pages.measuring import failed

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

ACCESS_MARK = "__guitara_access__"
ARGUMENTS_MARK = "__guitara_arguments__"

NOT_ALLOWED = "Your account may not do this. Ask a manager if you should be able to."
GARBAGE = "This could not be read, so nothing was done. Reload the page and try again."
BROKEN = "Something went wrong here; nothing was saved. Try again."
NOT_LOADED = "The database does not answer, so what you see may be old. The page loads again by itself."
INTERRUPTED = "The server was interrupted. The page loads again by itself; look whether your last step was taken."

_ROOT, _ON_LOAD, _STORAGE, _FRONTEND = (
    internal.get_full_name()
    for internal in (State, OnLoadInternalState, UpdateVarsInternalState, FrontendEventExceptionState)
)
REFLEX_INTERNALS = {
    # Sends a browser the defaults and starts the page's own on_load handlers, which carry marks of their own.
    f"{_ROOT}.hydrate_and_load": "start of every connection",
    f"{_ON_LOAD}.on_load_internal": "start of every navigation",
    # Follows the above, from the server.
    f"{_ROOT}.hydrate": "resends the state after an idle day",
    f"{_ROOT}.set_is_hydrated": "a flag the server keeps for the page's spinner",
    f"{_ON_LOAD}.set_is_hydrated": "the same flag, named by the navigation",
    # Stores variables that live in the browser's own storage; those hold choices of looks, never rights.
    f"{_STORAGE}.update_vars_internal": "browser storage variables only",
    # Tells the log that a page broke in somebody's browser; ``browser_broke`` keeps it short.
    f"{_FRONTEND}.handle_frontend_exception": "an error report",
}


# What every page calls the handler that fills it when it is opened, or begins its name with.
_LOADS = "load"

_KINDS = re.compile(r"\b[A-Z][A-Za-z]{0,40}Error\b|Minified React error #\d+|state update for unknown substate")
_PLACES = re.compile(r"assets/[\w.-]{1,80}\.js:\d+:\d+")

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


class Public:
    """The mark of a handler that people may call who are not signed in."""

    def __repr__(self) -> str:
        return "public"


PUBLIC = Public()


def current_actor() -> Actor:
    """Whoever called the handler that runs now.

    Raises:
        NotAllowed: nobody is signed in, which only a ``@public`` handler can meet.
    """
    actor = _actor.get()
    if actor is None:
        raise NotAllowed("Sign in first.")
    return actor


def visitor() -> Actor | None:
    """Like ``current_actor``, for ``@public`` handlers: None when nobody is signed in."""
    return _actor.get()


def allow(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only holders of ``permission`` call the handler."""
    return lambda handler: _guarded(handler, permission)


def public(handler: Callable[P, R]) -> Callable[P, R]:
    """Let anybody call the handler, signed in or not."""
    return _guarded(handler, PUBLIC)


def notice(sentence: str) -> EventSpec:
    """The event that shows ``sentence`` to the user."""
    shown: EventSpec = rx.toast.warning(sentence, duration=8000, close_button=True)
    return shown


def session_token(headers: Mapping[str, str]) -> str:
    """The session cookie of a socket's handshake, empty when there is none.

    The handshake's Origin was checked before; its scheme says which of the two cookies counts.
    """
    name = "__Host-sid" if headers.get("origin", "").startswith("https:") else "sid"
    return cookie_parser(headers.get("cookie", "")).get(name, "")


class DefaultDeny(Middleware):
    """Stops every event whose handler carries no mark, before the handler runs."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Let marked handlers and Reflex's own listed ones pass."""
        if event.name in REFLEX_INTERNALS or is_marked(event):
            return None
        return StateUpdate(events=Event.from_event_type(refuse(event)))


def is_marked(event: Event) -> bool:
    """Whether the handler that ``event`` calls says who may."""
    registered = RegistrationContext.get().event_handlers.get(event.name)
    return registered is not None and access_of(registered.handler.fn) is not None


def refuse(event: Event) -> EventSpec:
    """The notice for an event whose handler carries no mark, which is a mistake of ours and logged."""
    log.warning("event refused", reason="its handler declares no permission", event_name=event.name)
    return notice(NOT_ALLOWED)


def access_of(handler: Any) -> Permission | Public | None:
    """What a handler's mark says; None when it has none."""
    mark = getattr(handler, ACCESS_MARK, None)
    return mark if isinstance(mark, Permission | Public) else None


def explain(error: Exception, where: str) -> EventSpec:
    """The notice for an error that nobody handled; what was not foreseen is logged with an id the user can read out."""
    if isinstance(error, GuitaraError):
        return notice(error.sentence)
    failed()
    number = secrets.token_hex(4)
    log.error("handler failed", handler=where, error_id=number, exc_info=error)
    return notice(f"{BROKEN} (error {number})")


def unforeseen(exception: Exception) -> list[EventSpec]:
    """``rx.App(backend_exception_handler=...)``: what fails outside the handlers.

    That is mostly Redis, which holds the states: nothing was read, or nothing kept. Nobody would ever load that page
    again, as its connection stands.
    """
    if isinstance(exception, RedisError | LockExpiredError | OSError):
        log.warning("state of a page not at hand", error=type(exception).__name__)
        return _again(INTERRUPTED)
    return [explain(exception, "outside a handler")]


def _again(sentence: str) -> list[EventSpec]:
    """Say ``sentence``, once however often it is tried, and let the browser load the page again."""
    return [
        rx.toast.warning(sentence, id="again", duration=8000, close_button=True),
        rx.call_script(LOAD_AGAIN),
    ]


def _refusal(error: Exception, handler: Callable[..., Any]) -> EventSpec | list[EventSpec]:
    if isinstance(error, Unavailable) and handler.__name__.startswith(_LOADS):
        return _again(NOT_LOADED)
    return explain(error, handler.__qualname__)


def browser_broke(exception: Exception) -> None:
    """``rx.App(frontend_exception_handler=...)``: a page failed in a browser, which anybody may claim.

    The text may hold what was on that page, so only the kind of error and the places in the build are kept.
    """
    report = str(exception)[:20_000]
    log.warning("a page failed in a browser", kinds=_KINDS.findall(report)[:3], places=_PLACES.findall(report)[:5])


def _guarded(handler: Callable[P, R], access: Permission | Public) -> Callable[P, R]:
    arguments = _arguments_model(handler)
    plain = cast("Callable[..., Any]", handler)
    yields = inspect.isasyncgenfunction(handler) or inspect.isgeneratorfunction(handler)

    async def enter(state: Any, given: dict[str, Any]) -> dict[str, Any] | EventSpec | list[EventSpec]:
        """The parsed arguments, or the event that says why not."""
        token = session_token(state.router.headers.raw_headers)
        try:
            actor = recognised(token) or await in_thread(recognise, token)
        except GuitaraError as error:
            return _refusal(error, plain)
        _actor.set(actor)
        if isinstance(access, Permission):
            if actor is None:
                return rx.redirect(f"/login?{urlencode({'next': state.router.url.path})}")
            if not allowed(actor.role, access):
                return notice(NOT_ALLOWED)
        try:
            parsed = arguments.model_validate(given)
        except ValidationError as error:
            log.info("payload refused", handler=plain.__qualname__, fields=len(error.errors()))
            return notice(GARBAGE)
        return {name: getattr(parsed, name) for name in parsed.model_fields_set}

    if yields:

        @functools.wraps(handler)
        async def streaming(state: Any, *positional: Any, **named: Any) -> AsyncIterator[Any]:
            entered = await enter(state, _by_name(arguments, positional, named))
            if not isinstance(entered, dict):
                yield entered
                return
            try:
                produced = plain(state, **entered)
                if inspect.isgenerator(produced):
                    for event in produced:
                        yield event
                else:
                    async for event in produced:
                        yield event
            except Exception as error:
                yield _refusal(error, plain)

        guarded: Any = streaming
    else:

        @functools.wraps(handler)
        async def returning(state: Any, *positional: Any, **named: Any) -> Any:
            entered = await enter(state, _by_name(arguments, positional, named))
            if not isinstance(entered, dict):
                return entered
            try:
                result = plain(state, **entered)
                return await result if inspect.isawaitable(result) else result
            except Exception as error:
                return _refusal(error, plain)

        guarded = returning

    setattr(guarded, ACCESS_MARK, access)
    setattr(guarded, ARGUMENTS_MARK, arguments)
    _hide_models(guarded, arguments)
    return cast("Callable[P, R]", guarded)


def _arguments_model(handler: Callable[..., Any]) -> type[BaseModel]:
    """A pydantic model of the handler's arguments after ``self``."""
    hints = get_type_hints(handler, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(handler).parameters.values())[1:]:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{handler.__qualname__}: a handler's arguments are named one by one.")
        if parameter.name not in hints:
            raise TypeError(f"{handler.__qualname__}: give {parameter.name} a type; anybody can send anything.")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(
        f"{handler.__qualname__}Arguments",
        __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True),
        **fields,
    )


def _by_name(arguments: type[BaseModel], positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    return {**dict(zip(arguments.model_fields, positional, strict=False)), **named}


def _hide_models(guarded: Any, arguments: type[BaseModel]) -> None:
    """Show Reflex a plain dict where a handler takes a model, so that parsing it stays ours."""
    shown = {
        name: dict[str, Any] if _is_model(field.annotation) else field.annotation
        for name, field in arguments.model_fields.items()
    }
    guarded.__annotations__ = {**guarded.__annotations__, **shown}
    signature = inspect.signature(guarded)
    parameters = [
        parameter.replace(annotation=shown.get(parameter.name, parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    guarded.__signature__ = signature.replace(parameters=parameters)


def _is_model(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)
