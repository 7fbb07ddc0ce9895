"""What an installation is made of says only what the code knows: commands, options, settings."""

from __future__ import annotations

import configparser
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import SecretStr

from guitara_app.cli.__main__ import app
from guitara_app.settings import PROJECT, Settings

DEPLOY = PROJECT / "deploy"
OPERATIONS = PROJECT / "docs" / "operations.md"
_TABLE = re.compile(r"(?<=-->\n)(.*?)(?=<!-- end of settings -->)", re.DOTALL)


def units() -> dict[str, dict[str, list[str]]]:
    """The ``[Service]`` part of each unit."""
    found = {}
    for file in DEPLOY.glob("systemd/*.service"):
        service: dict[str, list[str]] = {}
        inside = False
        for line in file.read_text().splitlines():
            inside = line == "[Service]" if line.startswith("[") else inside
            if inside and "=" in line and not line.startswith("#"):
                name, value = line.split("=", 1)
                service.setdefault(name, []).append(value)
        found[file.name] = service
    return found


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return loaded


def commands() -> Iterator[tuple[str, list[str]]]:
    for name, service in units().items():
        (line,) = service["ExecStart"]
        yield name, shlex.split(line.replace("%i", "8001"))[1:]
    for name, service in compose()["services"].items():
        if service["image"] == "guitara":
            yield name, service["command"]


@pytest.mark.parametrize(("where", "command"), [pytest.param(*found, id=found[0]) for found in commands()])
def test_it_starts_a_command_there_is_with_options_it_takes(where: str, command: list[str]) -> None:
    root: Any = typer.main.get_command(app)
    name, *arguments = command
    root.commands[name].make_context(name, arguments).close()


def test_no_unit_may_do_more_than_the_others() -> None:
    own = {"ExecStart", "TimeoutStopSec", "LimitNOFILE"}
    shapes = [{name: values for name, values in service.items() if name not in own} for service in units().values()]
    assert len(shapes) == 3
    assert shapes[0] == shapes[1] == shapes[2]
    assert shapes[0]["ProtectSystem"] == ["strict"]


def test_one_beat() -> None:
    services = compose()["services"]
    assert [name for name, service in services.items() if service.get("command") == ["beat"]] == ["beat"]
    assert "deploy" not in services["beat"]


def test_nginx_alone_is_trusted_in_containers() -> None:
    services = compose()["services"]
    front = services["front"]["networks"]["inside"]["ipv4_address"]
    assert services["web-1"]["environment"]["GUITARA_TRUSTED_PROXIES"] == front
    webs = [services[name]["networks"]["inside"]["ipv4_address"] for name in ("web-1", "web-2")]
    assert services["front"]["environment"]["GUITARA_WEBS"] == " ".join(f"{web}:8000" for web in webs)


def test_only_settings_there_are_are_set() -> None:
    known = {f"GUITARA_{name.upper()}" for name in Settings.model_fields}
    example = configparser.ConfigParser(interpolation=None)
    example.optionxform = str  # type: ignore[assignment,method-assign]
    example.read_string("[all]\n" + (DEPLOY / "guitara.env").read_text())
    assert set(example["all"]) <= known
    for name, service in compose()["services"].items():
        if service["image"] == "guitara":
            assert set(service["environment"]) <= known, name


def test_operations_names_every_setting() -> None:
    """``GUITARA_WRITE_DOCS=1`` writes the table anew."""
    text = OPERATIONS.read_text("utf-8")
    written = _TABLE.sub(lambda _: table(), text)
    if os.environ.get("GUITARA_WRITE_DOCS"):
        OPERATIONS.write_text(written, "utf-8")
    assert text == written, "Run this test with GUITARA_WRITE_DOCS=1."


def table() -> str:
    lines = ["| variable | unless set | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        assert field.description, f"{name} needs a description"
        lines.append(f"| `GUITARA_{name.upper()}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path):
        default = default.relative_to(PROJECT)
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{shown}`" if shown else ""
