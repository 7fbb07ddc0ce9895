"""Debian's nginx with the project's own configuration in front of two web processes, for a test."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from guitara_app.embedded.server import free_port
from guitara_app.settings import PROJECT
from tests.e2e.conftest import until

NAME = "guitara.localhost"
CONFIGURATION = PROJECT / "deploy" / "nginx" / "guitara.conf"
_MISSING = (
    "There is no nginx. Debian or Ubuntu: apt install nginx-light libnginx-mod-http-brotli-static openssl "
    "(as root ./guitara test does it by itself), or name one in GUITARA_NGINX."
)
# What an installation has in /etc/nginx/nginx.conf; the modules are Debian's.
_AROUND = """
include /etc/nginx/modules-enabled/*brotli-static*.conf;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/guitara.conf;
}}
"""


@dataclass
class Front:
    """nginx, listening with TLS on ``port`` and without on ``plain``."""

    folder: Path
    port: int
    plain: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def prepare(cls, folder: Path) -> Front:
        """Ports, and a certificate of its own making."""
        front = cls(folder, free_port(), free_port())
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        make += ["-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        subprocess.run([*make, "-keyout", front.key, "-out", front.certificate], check=True, capture_output=True)
        return front

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"

    def start(self, webs: Sequence[int]) -> None:
        """Start it in front of the web processes on these ports, and wait until it answers."""
        (self.folder / "guitara.conf").write_text(self._for_here(webs))
        around = self.folder / "around.conf"
        around.write_text(_AROUND.format(folder=self.folder))
        self.process = subprocess.Popen(
            [_nginx(), "-c", around, "-e", self.folder / "error.log", "-g", "daemon off;"],
            start_new_session=True,
        )
        until(self._listens, 20)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def client(self, *, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """A program that trusts this certificate alone, calls from ``address`` and follows no redirect."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        trust = ssl.create_default_context(cafile=str(self.certificate))
        client = httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"host": f"{NAME}:{self.port}", **given},
            transport=httpx.HTTPTransport(verify=trust, local_address=address),
            timeout=20,
        )
        # The certificate is for the name, and not every resolver knows names below localhost.
        client.event_hooks["request"] = [lambda request: request.extensions.update(sni_hostname=NAME)]
        return client

    def trusted_key(self) -> str:
        """What a browser is told to trust instead of an authority: the mark of the certificate's public key."""
        public = subprocess.run(
            ["openssl", "x509", "-in", self.certificate, "-noout", "-pubkey"], check=True, capture_output=True
        ).stdout
        raw = subprocess.run(
            ["openssl", "pkey", "-pubin", "-outform", "der"], input=public, check=True, capture_output=True
        ).stdout
        return base64.b64encode(hashlib.sha256(raw).digest()).decode()

    def _for_here(self, webs: Sequence[int]) -> str:
        text = CONFIGURATION.read_text()
        lines = [line for line in text.splitlines() if "listen [::]" not in line]  # not every machine speaks IPv6
        text = "\n".join(lines)
        for there, here in {
            "/etc/letsencrypt/live/guitara.example.org/fullchain.pem": str(self.certificate),
            "/etc/letsencrypt/live/guitara.example.org/privkey.pem": str(self.key),
            "guitara.example.org": NAME,
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "127.0.0.1:8001": f"127.0.0.1:{webs[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{webs[1]}",
            "/srv/guitara/": f"{self.folder}/pages/",
            "/var/log/nginx/": f"{self.folder}/",
        }.items():
            assert there in text, there
            text = text.replace(there, here)
        return text

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"nginx ended: {(self.folder / 'error.log').read_text()[-3000:]}"
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0


def _nginx() -> str:
    found = os.environ.get("GUITARA_NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, _MISSING
    return found
