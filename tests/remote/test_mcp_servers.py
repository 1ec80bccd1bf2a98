"""MCP servers of the official SDK: taken in, called, listed again; over pipes and over HTTP."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from foreign_servers import CHANGING, ECHO, MakeRaw, limited

from catalog import (
    AutoCouncil,
    Catalog,
    CatalogWarning,
    DriftError,
    Entry,
    EntryError,
    EntryNotFoundError,
    MissingExtraError,
    RemoteError,
    RemoteToolError,
    ResolveError,
    Settings,
    UntrustedReferenceError,
    add_mcp,
    call,
    run_entry,
)
from catalog.adapters.base import bridge


def test_all_that_a_server_lists_becomes_entries(honest: Catalog) -> None:
    """Tools, prompts, resources and templates: each has the server's words, its schema, and how it is called."""
    kinds = {entry.key: (entry.signature, entry.tags, entry.description) for entry in honest.entries()}
    command = honest.entry("mcp_server:demo").signature
    assert kinds == {
        "mcp_server:demo": (command, (), f"MCP server run by {command}"),
        "prompt:demo/greet": ("(name: str)", ("mcp",), "Greet somebody."),
        "tool:demo/add": ("(a: int, b: int = 40)", ("mcp",), "Add two numbers."),
        "tool:demo/day": ("(day: str)", ("mcp", "resource"), "What is on a day."),
        "tool:demo/fail": ("(why: str)", ("mcp",), "Fail."),
        "tool:demo/today": ("()", ("mcp", "resource"), "What is on today."),
        "tool:demo/variable": ("(name: str)", ("mcp",), "Tell a variable of the environment."),
    }
    entry = honest.entry("tool:demo/add")
    assert (entry.source, entry.metadata) == ("mcp:demo", {"references": ["mcp_server:demo"]})
    assert isinstance(entry.spec, dict)
    assert {word: entry.spec[word] for word in ("mcp", "server", "name")} == {
        "mcp": "tool", "server": "demo", "name": "add",
    }  # fmt: skip
    assert entry.parameters["required"] == ["a"]
    assert [use.source for use in honest.used_by("mcp_server:demo")] == sorted(set(kinds) - {"mcp_server:demo"})


def test_what_is_taken_is_called_like_a_function(honest: Catalog) -> None:
    """It has a signature and a docstring, refuses what does not fit, and has a twin to be awaited."""
    add = honest["tool", "demo/add"]
    assert (str(inspect.signature(add)), inspect.getdoc(add), add.__name__) == (
        "(a: int, b: int = 40)", "Add two numbers.", "demo/add",
    )  # fmt: skip
    assert (add(2), add(2, 3), add(b=1, a=1)) == (42, 5, 2)
    assert asyncio.run(add.acall(2)) == 42
    with pytest.raises(TypeError, match="missing a required argument: 'a'"):
        add()
    assert call(add, {"a": 1}, entry=honest.entry("tool:demo/add")) == 41
    assert run_entry(honest, honest.entry("prompt:demo/greet"), "Bo") == "Say hello to Bo."
    assert honest.get("tool", "demo/today")() == "nothing"
    assert honest["tool", "demo/day"](day="May 1") == "May 1: rest"


def test_an_error_of_a_tool_is_an_error_with_its_words(honest: Catalog) -> None:
    """What the server says failed raises, and a model is told the same."""
    with pytest.raises(RemoteToolError) as caught:
        honest["tool", "demo/fail"](why="no")
    assert str(caught.value) == "tool:demo/fail failed: Error executing tool fail"
    outcome = bridge(honest, honest.entry("tool:demo/fail")).call({"why": "no"})
    assert outcome.text == "tool 'demo/fail' failed: Error executing tool fail"


def test_adapters_call_it_sync_and_async(honest: Catalog) -> None:
    """A bridge has the server's schema, checks arguments before anything is sent, and awaits in any loop."""
    tool = bridge(honest, honest.entry("tool:demo/add"))
    assert tool.call({"a": 2}).value == 42
    assert asyncio.run(tool.acall({"a": 2})).value == 42
    assert tool.call({"a": "x"}).text == "tool 'demo/add' was not called: a is \"x\", not integer"
    prompt = bridge(honest, honest.entry("prompt:demo/greet"))
    assert (prompt.parameters["required"], prompt.call({"name": "Bo"}).value) == (["name"], "Say hello to Bo.")


def test_a_router_runs_it(honest: Catalog) -> None:
    """What a router picks is called with the prompt, as any other entry is."""
    router = AutoCouncil(honest, strategy="rules", kind="prompt", on_no_match="prompt:demo/greet")
    assert router.run("Bo").value == "Say hello to Bo."


def test_nothing_is_reported_where_nothing_changed(honest: Catalog) -> None:
    """A second look finds all as it was; it is counted as checked."""
    verified = honest.verify()
    assert ([*verified], verified.unchecked, verified.checked) == ([], [], 6)
    (report,) = [each for each in honest.refresh() if each.target == "mcp:demo"]
    assert (report.is_quiet, len(report.unchanged)) == (True, 6)


def test_variables_reach_the_server_and_are_not_stored(
    catalog: Catalog, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server gets what its entry names, and nothing else of the environment; a missing variable is named."""
    monkeypatch.setenv("DEMO_TOKEN", "hunter2hunter2")
    monkeypatch.setenv("OTHER_TOKEN", "other")
    program = str(programs / "honest.py")
    monkeypatch.setenv("WRITTEN", "here")
    with pytest.warns(CatalogWarning, match=r"not stored; set the variables that stand for them: \$\{WRITTEN\}"):
        add_mcp(catalog, "vars", sys.executable, program, env=["DEMO_TOKEN", "WRITTEN=hunter3hunter3"])
    spec = catalog.entry("mcp_server:vars").spec
    assert isinstance(spec, dict)
    assert spec["env"] == {"DEMO_TOKEN": "${DEMO_TOKEN}", "WRITTEN": "${WRITTEN}"}
    tell = catalog["tool", "vars/variable"]
    assert [tell(name) for name in ("DEMO_TOKEN", "WRITTEN", "OTHER_TOKEN")] == ["hunter2hunter2", "here", "none"]
    monkeypatch.delenv("DEMO_TOKEN")
    with pytest.raises(RemoteError, match="mcp_server:vars needs the variable DEMO_TOKEN of the environment"):
        tell("WRITTEN")


@pytest.fixture
def small(url: str, raw: MakeRaw) -> Iterator[tuple[Catalog, Any]]:
    """A catalog with a raw server."""
    with open_catalog(url, settings=limited()) as cat:
        server = raw("good")
        add_mcp(cat, "raw", *server.command)
        yield cat, server


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended, or does within a few seconds."""
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_session_is_shared(small: tuple[Catalog, Any]) -> None:
    """Listing and calls use one process."""
    cat, server = small
    echo = cat["tool", "raw/echo"]
    assert [echo(text=str(number)) for number in range(3)] == ["echo: 0", "echo: 1", "echo: 2"]
    assert len(server.starts) == 1


@pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
def test_a_server_that_says_it_has_other_tools_is_listed_again(
    url: str, raw: MakeRaw, tmp_path: Path, era: str
) -> None:
    """A listing that would hold for ten minutes holds no more, and the next call of what changed is drift."""
    settings = limited(recheck=600)
    with open_catalog(url, settings=settings) as cat:
        if era == "2025-11-25":
            server = raw("tells")
            add_mcp(cat, "it", *server.command)
        else:
            (program := tmp_path / "changing.py").write_text(CHANGING, encoding="utf-8")
            add_mcp(cat, "it", sys.executable, str(program))
        echo = cat["tool", "it/echo"]
        assert echo().startswith("echo")  # only its answer brings the news
        if era == "2025-11-25":
            server.has({**ECHO, "description": "Another."})
        outcomes = []
        while len(outcomes) < 1_000 and outcomes[-1:] != ["drift"]:
            time.sleep(0.02)
            try:
                outcomes.append(echo())
            except DriftError as error:
                outcomes.append(error.code)
        assert outcomes[-1] == "drift"


def test_a_session_ends_when_it_is_idle(url: str, raw: MakeRaw) -> None:
    """Its process ends by itself after a while without a call; the next call starts another."""
    server = raw("good")
    with open_catalog(url, settings=limited(idle=0.2)) as cat:
        add_mcp(cat, "raw", *server.command)
        assert has_ended(server.starts[-1])
        before = len(server.starts)
        assert cat["tool", "raw/echo"](text="again") == "echo: again"
        assert len(server.starts) > before


def test_a_child_process_starts_its_own_and_leaves_ours(small: tuple[Catalog, Any]) -> None:
    """After a fork the child asks a server of its own; the parent's session goes on."""
    cat, server = small
    echo = cat["tool", "raw/echo"]
    assert echo(text="parent") == "echo: parent"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if echo(text="child") == "echo: child" else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert echo(text="parent") == "echo: parent"
    assert len(server.starts) == 2


def test_the_end_of_the_process_ends_its_servers(
    small: tuple[Catalog, Any], url: str, run_python: Any, tmp_path: Path
) -> None:
    """A program that just ends leaves no server behind, not even one that ignores being asked to end."""
    cat, _ = small
    server = _stubborn(cat, tmp_path)
    code = (
        "import sys; from catalog import Catalog, Settings\n"
        f"with Catalog({url!r}, settings=Settings(embedder='none', trust={{'mode': 'open'}})) as cat:\n"
        "    print(cat['tool', 'stubborn/echo'](text='x'))"
    )
    assert run_python(code) == "echo: x"
    assert len(server.starts) == 2  # the first is that of this process
    assert has_ended(server.starts[-1])


def _stubborn(cat: Catalog, folder: Path) -> Any:
    from foreign_servers import Raw

    known = cat.entry("mcp_server:raw").spec
    assert isinstance(known, dict)
    server = Raw(Path(str(known["args"][1])), folder, "stubborn", "stubborn")
    add_mcp(cat, "stubborn", *server.command)
    return server


def test_renaming_a_server_is_followed(small: tuple[Catalog, Any]) -> None:
    """What it has listed is called through its new name."""
    cat, _ = small
    cat.rename("mcp_server:raw", "new")
    assert cat["tool", "raw/echo"](text="x") == "echo: x"
    cat.unregister("mcp_server:new")
    with pytest.raises(ResolveError, match="is called through mcp_server:new, which is not in the catalog"):
        _ = cat["tool", "raw/echo"]


# -- trust -----------------------------------------------------------------------------------------------------------


def found(cat: Catalog, server: Any, tmp_path: Path, **more: Any) -> Entry:
    """Return the entry of a server that a scan of a project has found."""
    import json

    folder = tmp_path / "project"
    folder.mkdir()
    words = {"command": server.command[0], "args": server.command[1:], **more}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"found": words}}), encoding="utf-8")
    cat.scan(folder)
    return cat.entry("mcp_server:found")


def test_a_server_that_a_scan_found_is_not_started_before_a_person_chose_it(
    catalog: Catalog, raw: MakeRaw, tmp_path: Path
) -> None:
    """Its entry is data; a tool that goes through it is refused with the setting that would allow it."""
    server = raw("good")
    found(catalog, server, tmp_path)
    catalog.register("tool", "echo", {"mcp": "tool", "server": "found", "name": "echo"})
    with pytest.raises(
        UntrustedReferenceError, match="and nobody has chosen it; if you trust it, write allow ="
    ) as caught:
        catalog.get("tool", "echo")
    assert server.starts == []
    assert str(caught.value.facts["allow"]).startswith('"command:')
    assert [refusal.code for refusal in catalog.audit()] == ["untrusted-reference"]
    add_mcp(catalog, "found")
    assert catalog.entry("mcp_server:found").source == "manual"
    assert catalog["tool", "found/echo"](text="x") == "echo: x"


@pytest.mark.parametrize(
    ("pattern", "trusted"),
    [
        ("command:{command}", True),
        ("command:{python} *", True),
        ("command:{python}", False),
        ("command:{python} -S *.py good", False),
        ("command:* * * * *", True),
        ("url:{python}", False),
    ],
)
def test_the_configuration_says_which_commands_may_be_started(
    url: str, raw: MakeRaw, tmp_path: Path, pattern: str, trusted: bool
) -> None:
    """A pattern has to fit word by word; a star at its end stands for all that follows."""
    server = raw("good")
    pattern = pattern.format(command=subprocess.list2cmdline(server.command), python=sys.executable)
    with open_catalog(url, settings=Settings(embedder="none", trust={"mcp_server": {"allow": [pattern]}})) as cat:
        found(cat, server, tmp_path)
        cat.register("tool", "echo", {"mcp": "tool", "server": "found", "name": "echo"})
        if trusted:
            assert callable(cat["tool", "echo"])
        else:
            with pytest.raises(UntrustedReferenceError):
                _ = cat["tool", "echo"]


def test_what_an_entry_sets_for_a_command_is_part_of_it(catalog: Catalog, raw: MakeRaw, tmp_path: Path) -> None:
    """A variable with a value of its own, and a folder, stand in front of the words that have to be allowed."""
    server = raw("good")
    spec = {"transport": "stdio", "command": "x", "env": {"LD_PRELOAD": "${HOME}/x", "T": "${T}"}, "cwd": "/srv"}
    catalog.register_many([{"kind": "mcp_server", "name": "s", "spec": spec, "source": "import"}])
    catalog.register("tool", "echo", {"mcp": "tool", "server": "s", "name": "echo"})
    with pytest.raises(UntrustedReferenceError) as caught:
        _ = catalog["tool", "echo"]
    assert caught.value.facts["ref"] == "'LD_PRELOAD=${HOME}/x' cwd=/srv x"
    assert server.starts == []


def test_what_the_configuration_denies_is_not_even_added(url: str, raw: MakeRaw) -> None:
    """`deny` comes before everything, and nothing is stored."""
    server = raw("good")
    settings = Settings(embedder="none", trust={"deny": [f"command:{sys.executable} *"]})
    with open_catalog(url, settings=settings) as cat:
        with pytest.raises(UntrustedReferenceError, match="deny = "):
            add_mcp(cat, "raw", *server.command)
        assert ([*cat.entries()], server.starts) == ([], [])


def test_what_can_not_be_asked_is_said_to_be_unchecked(url: str, raw: MakeRaw) -> None:
    """`verify` and `refresh` go on past a server that is not trusted or does not start; nothing is marked gone."""
    server = raw("good")
    with open_catalog(url) as cat:
        add_mcp(cat, "raw", *server.command)
        cat.update("mcp_server:raw", value={"transport": "stdio", "command": "/nowhere/server"})
        verified = cat.verify()
        assert ([*verified], [drift.change for drift in verified.unchecked]) == ([], ["elsewhere"])
        (report,) = [each for each in cat.refresh() if each.target == "mcp:raw"]
        assert "can't be started: '/nowhere/server'" in report.skipped[0]["reason"]
        assert cat.gone() == []


@pytest.mark.parametrize(
    ("words", "given", "message"),
    [
        (["http://x/mcp", "more"], {}, "an address takes no arguments"),
        (["server"], {"headers": {"A": "b"}}, "a command takes neither headers nor a login"),
    ],
)
def test_what_does_not_go_together_is_refused(
    catalog: Catalog, words: list[str], given: dict[str, Any], message: str
) -> None:
    """Headers are for addresses, arguments for commands."""
    with pytest.raises(EntryError, match=message):
        add_mcp(catalog, "x", *words, **given)


def test_a_server_that_nothing_is_known_of_has_to_be_described(catalog: Catalog) -> None:
    """A name alone is enough for what a scan has found; for another the error says what to add."""
    with pytest.raises(EntryNotFoundError, match="say how a new server is reached: `catalog add-mcp git COMMAND"):
        add_mcp(catalog, "git")


def test_a_server_of_the_registry_is_started_as_its_package_says(
    catalog: Catalog, raw: MakeRaw, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The words of a `server.json` become a command; what runs packages is found on the path."""
    server = raw("good")
    tools = tmp_path / "bin"
    tools.mkdir()
    runner = tools / "uvx"
    runner.write_text(
        f"#!/bin/sh\nprintf '%s ' \"$@\" > {tmp_path}/words\nexec {subprocess.list2cmdline(server.command)}\n"
    )
    runner.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    package = {"registryType": "pypi", "identifier": "weather-mcp", "version": "1.2.0"}
    catalog.register("mcp_server", "weather", {"name": "io.github.x/weather", "packages": [package]})
    assert add_mcp(catalog, "weather").found == ("tool:weather/echo",)
    assert (tmp_path / "words").read_text() == "weather-mcp@1.2.0 "
    assert catalog["tool", "weather/echo"](text=ECHO["name"]) == "echo: echo"


@pytest.mark.parametrize(
    ("module", "key", "spec", "extra"),
    [
        ("mcp", "tool:t", {"mcp": "tool", "server": "s", "name": "t"}, "mcp"),
        ("httpx2", "tool:t", {"method": "GET", "path": "/", "server": "http://127.0.0.1:9", "in": {}}, "http"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, module: str, key: str, spec: dict[str, Any], extra: str
) -> None:
    """Without the SDK, or the HTTP client, a call says what to install."""
    catalog.register("mcp_server", "s", {"transport": "stdio", "command": sys.executable})
    catalog.register("tool", "t", spec)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'magma-catalog\[{extra}\]'"):
        catalog[key]()
