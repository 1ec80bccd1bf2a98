"""Fixtures every test may use: empty catalogs, a clean environment, other processes."""

from __future__ import annotations

import compileall
import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import postgres_server
import pytest
from factories import ON_SERVER, ROOT, WHOLE, LendUrl, blank_catalog, lent_file, loaded_since, open_catalog, some
from forks import STRICT, forks
from hypothesis import HealthCheck, settings
from postgres_server import Databases, Server

from catalog import Catalog, upgrade_database
from catalog.store.opening import open_store
from catalog.store.store import Store

settings.register_profile(
    "here",
    max_examples=some(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("here")

_OURS = ("CATALOG_URL", "CATALOG_ACTOR", "CATALOG_AUTO_REFRESH", "CATALOG_TRUST", "MAGMA_REGISTRY_AUTO_REFRESH")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a server run what opens a catalog, and say of what is about files why it does not."""
    if not ON_SERVER:
        return
    there, elsewhere = [], []
    for item in items:
        mark = item.get_closest_marker("sqlite")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"about files: {mark.args[0]}"))
        fixtures = getattr(item, "fixturenames", ())
        (there if mark or "lend_url" in fixtures else elsewhere).append(item)
    items[:] = there
    config.hook.pytest_deselected(items=elsewhere)


_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""How many bytes of it are free where they go there; a run needs some part of them."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put the folders of the tests into memory where there is room and nobody says where: no fact is about a disk.

    Compile the package once: where Python is told to keep no bytecode, each process of a test would do it anew.

    Each process multiplies in one thread, unless it walks over all: there is a worker for each core already, and the
    threads of OpenBLAS wait for their next product by spinning.
    """
    if not hasattr(config, "workerinput"):
        if not WHOLE:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        if config.option.basetemp is None and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
            made = tempfile.mkdtemp(prefix="catalog-tests-", dir=_MEMORY)
            config.option.basetemp = os.path.join(made, "run")
            config.add_cleanup(partial(shutil.rmtree, made, ignore_errors=True))
        for folder in ("catalog", "cli", "migrations"):
            compileall.compile_dir(ROOT / folder, quiet=2)
    elif int(config.workerinput["workerid"].removeprefix("gw")) % 2:
        config.pluginmanager.register(FromTheEnd())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave the tests themselves, a million objects, out of all searches for garbage: none of them is any.

    Keep them as pytest has compiled them, which takes it as long as all the rest of collecting.
    """
    keeps_none = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    gc.disable()
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = keeps_none
        gc.enable()
        gc.freeze()


class FromTheEnd:
    """Collects all tests from the last to the first, in every second process.

    It meets the others in the middle: each compiles one half, and finds the other half done.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Turn what a collector finds around."""
        report = yield
        report.result.reverse()
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        """Turn all tests around, before others reorder them: now they stand as in the other processes."""
        items.reverse()
        return (yield)


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of a user who has trusted nothing."""
    return tmp_path_factory.mktemp("data-home")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, data_home: Path) -> None:
    """Leave out what the developer has set for catalogs of their own, and has trusted."""
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(data_home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(data_home / "cache"))


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who trusts every configuration file."""
    monkeypatch.setenv("CATALOG_TRUST", "1")


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """Refuse connections to other machines."""
    patch = pytest.MonkeyPatch()
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            raise OSError(f"a test asks the network for {address}")
        connect(self, address)  # type: ignore[arg-type]

    patch.setattr(socket.socket, "connect", refuse)
    yield
    patch.undo()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file of an empty catalog, made by the migrations: that of the URL, unless the suite runs on a server."""
    if ON_SERVER:
        return blank_catalog(tmp_path / "catalog.db")
    return Path(request.getfixturevalue("url").removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this process, with a database ``blank`` that holds an empty catalog."""
    why = postgres_server.why_not()
    if why:
        pytest.skip(why)
    with postgres_server.running() as server:
        server.run("CREATE DATABASE blank")
        upgrade_database(server.url("blank"))
        open_catalog(server.url("blank")).close()  # the installed plugins are noted
        Databases.keep(server)
        yield server


@pytest.fixture(scope="session")
def databases(postgres: Server) -> Iterator[Databases]:
    """Databases of that server."""
    made = Databases(postgres)
    yield made
    made.close()


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """The URL of an empty catalog on PostgreSQL."""
    with databases.lent() as url:
        yield url


@pytest.fixture(scope="session")
def lend_url(request: pytest.FixtureRequest) -> Iterator[LendUrl]:
    """A function that lends an empty catalog: a file, or on a server where the suite runs on PostgreSQL.

    Each catalog of a test comes from here; what opens a file by itself is about files, and marked so.
    """
    if not ON_SERVER:
        yield lent_file
        return
    from catalog.workspace import trusting

    policy_of = trusting.policy_of
    with pytest.MonkeyPatch.context() as patch:  # it is the tests' own: what they register is trusted as in a file
        patch.setattr(trusting, "policy_of", lambda *given, is_server=False, **more: policy_of(*given, **more))
        yield request.getfixturevalue("databases").lent


@pytest.fixture
def url(lend_url: LendUrl, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty catalog."""
    with lend_url(tmp_path) as url:
        yield url


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    """An open, empty catalog without a configuration."""
    with open_catalog(url) as cat:
        yield cat


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The open store of an empty catalog."""
    opened = open_store(url)
    yield opened
    opened.close()


RunPython = Callable[..., str]


@pytest.fixture
def run_python() -> RunPython:
    """A function that runs Python code in a process of its own and returns what it printed."""

    def run(code: str, *arguments: object, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def run_forked() -> RunPython:
    """The same in a process that has the libraries ready: for what is not about what a new process imports."""

    def run(code: str, *arguments: object, cwd: Path | None = None, **environment: str) -> str:
        folder = cwd or Path.cwd()
        status, out, err = forks().python(STRICT + code, folder, {**os.environ, **environment}, *map(str, arguments))
        assert status == 0, err
        return out.strip()

    return run


@pytest.fixture
def module_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on ``sys.path``; the modules imported from it are forgotten afterwards."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    known = dict(sys.modules)
    yield folder
    for name in loaded_since(known, folder):
        del sys.modules[name]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist as an installer would."""
    folder = tmp_path_factory.mktemp("dist")
    build = (
        "import sys, os, tarfile; from hatchling.build import build_sdist, build_wheel; out = sys.argv[1]; "
        "name = build_sdist(out); tarfile.open(os.path.join(out, name)).extractall(out, filter='data'); "
        "os.chdir(os.path.join(out, name.removesuffix('.tar.gz'))); print(build_wheel(out))"
    )
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return folder / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder
