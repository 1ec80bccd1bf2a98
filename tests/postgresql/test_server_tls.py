"""TLS by the URL: what is encrypted, whom is trusted, and how many ways there and back a change takes.

Servers from PyPI are built without TLS. So a front that this module makes speaks TLS with a certificate of its own, as
a managed server's gateway does, and hands on to the server; libpq does not know the difference.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from factories import open_catalog
from postgres_server import Server

from catalog import Settings, StoreBusyError, StoreError
from catalog.embedders.hashed import HashEmbedder

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Front:
    """Takes connections on loopback and hands on to a server; with a certificate it speaks TLS, and nothing else.

    Attributes:
        encrypted: how many connections were encrypted.
        turns: how often something was sent to the server after it had answered.
    """

    def __init__(self, port: int, certificate: Path | None = None) -> None:
        self._to = port
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self.encrypted = self.turns = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                code = struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))[1]
                if code == GSS_REQUEST:
                    client.sendall(b"N")
                    code = struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))[1]
                if code != SSL_REQUEST:
                    client.close()
                    return
                client.sendall(b"S")
                client = self._context.wrap_socket(client, server_side=True)
                self.encrypted += 1
            server = socket.create_connection(("127.0.0.1", self._to))
            self._open += [client, server]
            answered = [True]
            threading.Thread(target=self._pump, args=(server, client, answered, True), daemon=True).start()
            self._pump(client, server, answered, False)

    def _pump(self, source: socket.socket, target: socket.socket, answered: list[bool], is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not is_answer and answered[0]:
                    self.turns += 1
                answered[0] = is_answer
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections, and end those that are open."""
        for one in (self._listener, *self._open):
            one.close()


def made(folder: Path, name: str, host: str) -> Path:
    """Make a certificate for *host* that it signs itself, with its key beside it."""
    certificate = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}", "-addext",
         f"subjectAltName=DNS:{host}", "-out", certificate, "-keyout", certificate.with_suffix(".key")],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A certificate for localhost, and one of somebody else."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl, which makes the certificates")
    folder = tmp_path_factory.mktemp("tls")
    return {name: made(folder, name, host) for name, host in (("ours", "localhost"), ("theirs", "elsewhere.example"))}


@pytest.fixture
def front(postgres: Server, certificates: dict[str, Path]) -> Iterator[Front]:
    """A front that speaks TLS with the certificate for localhost."""
    with closing(Front(postgres.port, certificates["ours"])) as front:
        yield front


def through(front: Front, url: str, options: str, host: str = "localhost") -> str:
    """Return the URL of the same database through a front."""
    return f"postgresql://owner:hunter22@{host}:{front.port}{urlsplit(url).path}?{options}"


def test_what_is_required_is_encrypted(front: Front, postgres_url: str) -> None:
    """With `sslmode=require` reading, writing and listening go through TLS, and the catalog works."""
    with open_catalog(through(front, postgres_url, "sslmode=require")) as cat:
        cat.register("tool", "chart", "os.path:join", description="Draw a chart")
        assert [hit.key for hit in cat.search("chart")] == ["tool:chart"]
        for _ in range(30):
            cat.list("tool")
            cat.workspace.store.reader.changes()
        assert front.encrypted >= 3


def test_a_certificate_is_verified_with_the_host(
    front: Front, postgres_url: str, certificates: dict[str, Path]
) -> None:
    """`verify-full` with the right root opens the catalog; a root of somebody else, and another host, do not: one
    error at once that says what to look at, without the password."""
    ours, theirs = (quote(str(certificates[name]), safe="") for name in ("ours", "theirs"))
    with open_catalog(through(front, postgres_url, f"sslmode=verify-full&sslrootcert={ours}")) as cat:
        assert cat.list("tool") == []
    for options, host, said in (
        (f"sslmode=verify-full&sslrootcert={theirs}", "localhost", "certificate verify failed"),
        (f"sslmode=verify-full&sslrootcert={ours}", "127.0.0.1", 'does not match host name "127.0.0.1"'),
        ("sslmode=verify-full&sslrootcert=/nowhere.pem", "localhost", "/nowhere.pem"),
    ):
        with pytest.raises(StoreError, match=r"TLS.*sslmode and sslrootcert in the URL") as caught:
            open_catalog(through(front, postgres_url, options, host))
        assert not isinstance(caught.value, StoreBusyError)
        assert said in str(caught.value)
        assert "hunter22" not in f"{caught.value} {caught.value.facts}"


def test_a_server_without_tls_is_refused_where_it_is_required(postgres: Server, postgres_url: str) -> None:
    """`sslmode=require` never falls back to what is not encrypted; the error names the setting."""
    if postgres.run("SELECT 1 FROM pg_settings WHERE name = 'ssl' AND setting = 'on'"):
        pytest.skip("this server speaks TLS")
    with pytest.raises(StoreError, match=r"server does not support SSL.*sslmode and sslrootcert in the URL"):
        open_catalog(f"{postgres.tcp_url(urlsplit(postgres_url).path[1:])}?sslmode=require")


def test_a_registration_takes_few_ways_there_and_back(postgres: Server, postgres_url: str) -> None:
    """A new entry with its vector takes at most fourteen ways to the server and back, a changed one the same: what has
    no result that counts is told together."""
    with closing(Front(postgres.port)) as front:
        url = through(front, postgres_url, "sslmode=disable")
        with open_catalog(url, embedder=HashEmbedder(16), settings=Settings()) as cat:
            for number in range(3):
                cat.register("tool", f"t{number}", "os.path:join", description="Draw a chart", tags=["a"])
            for name, text in (("t9", "new"), ("t1", "changed")):
                before = front.turns
                cat.register("tool", name, "os.path:join", description=text, tags=["a", "b"], examples=["a pie"])
                assert front.turns - before <= 14
