"""Entries, the files of skills and prompts, as a client lists, reads, completes and fills them in."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference
from sessions import MODES, session

from catalog import Catalog, Settings
from catalog.mcp.server import CatalogServer
from catalog.mcp.uris import readings, uri_of


def asked(cat: Catalog, ask: Any, mode: str = "auto") -> Any:
    """Return what *ask* gives with a client of a server of *cat*."""
    return session(CatalogServer(cat), ask, mode)


@pytest.fixture
def skilled(url: str, tmp_path: Path) -> Any:
    """A catalog with a skill whose folder has a text and a picture."""
    folder = tmp_path / "skills" / "pdf"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text(
        "---\nname: pdf\ndescription: Fill in forms.\nlicense: MIT\n---\n# Forms\nUse scripts/fill.py.\n",
        encoding="utf-8",
    )
    (folder / "scripts" / "fill.py").write_text("print('never run')\n", encoding="utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG\x00\xff")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    with Catalog(url, settings=Settings(embedder="none", verify={"*": "source"})) as cat:
        cat.scan(str(tmp_path / "skills"))
        yield cat


@pytest.mark.parametrize("mode", MODES)
def test_an_entry_is_read_by_its_address(catalog: Catalog, mode: str) -> None:
    """`catalog://KIND/NAME` holds the fields of the entry as JSON, whether or not slashes in the name are encoded."""
    entry = catalog.register("model", "openai/gpt-4o mini", {"id": "x"}, description="A model.", tags=["a"])

    async def ask(client: Any) -> list[Any]:
        listed = (await client.list_resources()).resources
        uris = ["catalog://model/openai/gpt-4o%20mini", "catalog://model/openai%2Fgpt-4o%20mini"]
        return [listed, *[(await client.read_resource(uri)).contents[0] for uri in uris]]

    (one,), *read = asked(catalog, ask, mode)
    assert (one.uri, one.name, one.mime_type) == (
        "catalog://model/openai/gpt-4o%20mini",
        "openai/gpt-4o mini",
        "application/json",
    )
    assert one.description == "A model."
    expected = {"key": entry.key, **entry.model_dump(mode="json"), "state": "approved"}
    assert [json.loads(content.text) for content in read] == [expected, expected]


def test_what_is_not_there_is_an_error_that_names_what_is(catalog: Catalog) -> None:
    """Addresses that lead nowhere, of whatever form, are errors with a sentence; the session goes on."""
    catalog.register("tool", "parse", "json:loads")
    wrong = [
        "catalog://tool/pars",
        "catalog://toll/parse",
        "catalog://tool",
        "http://x/y",
        "catalog://tool/parse/a",
        "",
    ]

    async def ask(client: Any) -> list[str]:
        said = []
        for uri in wrong:
            with pytest.raises(MCPError) as raised:
                await client.read_resource(uri)
            said.append(str(raised.value))
        assert (await client.read_resource("catalog://tool/parse")).contents
        return said

    said = asked(catalog, ask)
    assert said[0] == "no entry 'tool:pars'; did you mean 'tool:parse'?"
    assert [text.startswith(("no entry", "there is nothing at")) for text in said] == [True] * len(wrong)


def test_pages_hold_every_entry_once_while_the_list_changes(catalog: Catalog) -> None:
    """The first page takes less than 4 kB, later ones are large; what stays is in just one of them."""
    catalog.register_many({"kind": "tool", "name": f"t{n:04}", "ref": f"m:t{n}"} for n in range(3_000))
    catalog.register("agent", "zoe", "m:zoe")

    async def ask(client: Any) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            pages.append([resource.name for resource in page.resources])
            if page.next_cursor is None:
                return pages
            cursor = page.next_cursor
            if len(pages) == 1:
                catalog.unregister("tool", pages[0][-1])  # what the cursor stands at
                catalog.register("tool", "t9999", "m:late")

    pages = asked(catalog, ask)
    assert [name for page in pages for name in page] == [*(f"t{n:04}" for n in range(3_000)), "t9999", "zoe"]
    assert [len(page) for page in pages[1:-1]] == [1_000, 1_000]
    assert 10 <= len(pages[0]) <= 50


def test_a_cursor_of_somebody_else_is_an_error(catalog: Catalog) -> None:
    """A cursor that this server has not given is refused in words."""

    async def ask(client: Any) -> str:
        with pytest.raises(MCPError) as raised:
            await client.list_resources(cursor="made up")
        return str(raised.value)

    assert "'made up' is no cursor of this server" in asked(catalog, ask)


def test_a_skill_gives_its_data_first_and_files_when_asked(skilled: Catalog) -> None:
    """The address of a skill holds data without instructions; each file has an address of its own."""

    async def ask(client: Any) -> Any:
        about = json.loads((await client.read_resource("catalog://skill/pdf")).contents[0].text)
        body = (await client.read_resource(about["instructions"])).contents[0]
        files = {path: (await client.read_resource(uri)).contents[0] for path, uri in about["files"].items()}
        return about, body, files

    about, body, files = asked(skilled, ask)
    assert "Use scripts/fill.py" not in json.dumps(about)
    assert (about["description"], about["spec"]["license"]) == ("Fill in forms.", "MIT")
    assert (body.mime_type, body.text) == ("text/markdown", "# Forms\nUse scripts/fill.py.\n")
    assert files["scripts/fill.py"].text == "print('never run')\n"
    assert (files["logo.png"].mime_type, base64.b64decode(files["logo.png"].blob)) == ("image/png", b"\x89PNG\x00\xff")


def test_no_address_leads_out_of_the_folder_of_a_skill(skilled: Catalog, tmp_path: Path) -> None:
    """Only files that were recorded are read, as they were recorded; not what a link put in their place leads to."""
    folder = tmp_path / "skills" / "pdf"
    wrong = ["../secret.txt", "..%2Fsecret.txt", "%2e%2e/secret.txt", "/etc/passwd", "scripts/other.py", "scripts"]

    async def refused(client: Any) -> int:
        for path in wrong:
            with pytest.raises(MCPError, match=r"no entry|no file|nothing at"):
                await client.read_resource(f"catalog://skill/pdf/{path}")
        (folder / "logo.png").unlink()
        (folder / "logo.png").symlink_to(tmp_path / "secret.txt")
        (folder / "scripts" / "fill.py").write_text("print('changed')\n", encoding="utf-8")
        for path in ("logo.png", "scripts/fill.py", "SKILL.md"):
            with pytest.raises(MCPError, match="accept it with `catalog verify --accept skill:pdf`"):
                await client.read_resource(f"catalog://skill/pdf/{path}")
        return len(wrong)

    assert asked(skilled, refused) == 6


def test_a_link_in_a_skill_is_not_followed(skilled: Catalog, tmp_path: Path) -> None:
    """Where changes of files are accepted unseen, a link that took the place of a file still gives nothing."""
    (tmp_path / "skills" / "pdf" / "logo.png").unlink()
    (tmp_path / "skills" / "pdf" / "logo.png").symlink_to(tmp_path / "secret.txt")

    async def ask(client: Any) -> str:
        with pytest.raises(MCPError) as raised:
            await client.read_resource("catalog://skill/pdf/logo.png")
        return str(raised.value)

    with Catalog(skilled.url, settings=Settings(embedder="none")) as trusting:
        assert asked(trusting, ask) == "skill:pdf: its file logo.png can't be read: it is not there"


@pytest.mark.parametrize("mode", MODES)
def test_addresses_are_completed(skilled: Catalog, mode: str) -> None:
    """Kinds, names and files are completed, the names of a kind that is known before the others."""
    skilled.register("tool", "plot_lines", "m:a")
    skilled.register("tool", "scatter_plot", "m:b")
    skilled.register("model", "plotter", {"id": "x"})

    async def ask(client: Any) -> list[Any]:
        entry, file = [t.uri_template for t in (await client.list_resource_templates()).resource_templates]
        steps = [(entry, "kind", "s", {}), (entry, "name", "plot", {"kind": "tool"}), (entry, "name", "plot", {})]
        steps += [(file, "path", "", {"name": "pdf"}), (file, "name", "p", {}), ("other://{x}", "x", "", {})]
        answers = []
        for uri, name, value, known in steps:
            argument = {"name": name, "value": value}
            completed = await client.complete(ResourceTemplateReference(uri=uri), argument, known or None)
            answers.append(completed.completion.values)
        return answers

    assert asked(skilled, ask, mode) == [
        ["skill"],
        ["plot_lines", "scatter_plot"],
        ["plot_lines", "plotter", "scatter_plot"],
        ["SKILL.md", "logo.png", "scripts/fill.py"],
        ["pdf"],
        [],
    ]


def test_a_completion_gives_a_hundred_and_says_that_there_are_more(catalog: Catalog) -> None:
    """However many names begin so, a completion has a hundred values at the most."""
    catalog.register_many({"kind": "tool", "name": f"t{n:03}", "ref": f"m:t{n}"} for n in range(150))

    async def ask(client: Any) -> Any:
        reference = ResourceTemplateReference(uri="catalog://{kind}/{name}")
        return (await client.complete(reference, {"name": "name", "value": "t"}, {"kind": "tool"})).completion

    completion = asked(catalog, ask)
    assert (len(completion.values), completion.has_more, completion.total) == (100, True, None)


@pytest.fixture
def prompted(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog with prompts: a text, a template with data for its arguments, a function that gives a chat."""
    (module_folder / "asks.py").write_text(
        "def chat(topic: str, times: int = 1) -> list:\n"
        '    """Talk."""\n'
        '    kind, so = {"role": "system", "content": "Be kind."}, {"role": "ai", "content": "So."}\n'
        '    return [kind, ("human", topic * times), so]\n',
        encoding="utf-8",
    )
    catalog.register("prompt", "greet", "Hello {name}, you are {mood}!", description="Greet somebody.")
    schema = {"type": "object", "properties": {"mood": {"enum": ["glad", "gloomy", "odd"], "default": "glad"}}}
    catalog.register("prompt", "mood", "I am {mood}.", metadata={"parameters": schema})
    catalog.register("prompt", "talk", "asks:chat")
    catalog.register("prompt", "draft", "No.", metadata={"draft": {"by": "a model"}})
    return catalog


@pytest.mark.parametrize("mode", MODES)
def test_prompts_are_listed_filled_in_and_completed(prompted: Catalog, mode: str) -> None:
    """Each prompt says its arguments; what it gives becomes messages of user and assistant."""

    async def ask(client: Any) -> Any:
        listed = (await client.list_prompts()).prompts
        greeted = await client.get_prompt("greet", {"name": "Bo", "mood": "odd"})
        talked = await client.get_prompt("talk", {"topic": "a", "times": "3"})
        moods = await client.complete(PromptReference(name="mood"), {"name": "mood", "value": "gl"})
        return listed, greeted, talked, moods.completion.values

    listed, greeted, talked, moods = asked(prompted, ask, mode)
    arguments = {p.name: [(a.name, a.required) for a in p.arguments or ()] for p in listed}
    assert arguments == {
        "greet": [("name", True), ("mood", True)],
        "mood": [("mood", False)],
        "talk": [("topic", True), ("times", False)],
    }
    assert greeted.description == "Greet somebody."
    assert [(m.role, m.content.text) for m in greeted.messages] == [("user", "Hello Bo, you are odd!")]
    assert [(m.role, m.content.text) for m in talked.messages] == [
        ("user", "Be kind."),
        ("user", "aaa"),
        ("assistant", "So."),
    ]
    assert moods == ["glad", "gloomy"]


def test_a_prompt_that_can_not_be_filled_in_says_why(prompted: Catalog) -> None:
    """What is missing, unknown, a draft or not there is an error in words."""
    prompted.register("prompt", "gone", "asks:nothing")

    async def ask(client: Any) -> list[str]:
        said = []
        for name, given in [("greet", {"name": "Bo"}), ("talk", {"topic": "a", "times": "x"}), ("gone", {})]:
            with pytest.raises(MCPError) as raised:
                await client.get_prompt(name, given)
            said.append(str(raised.value))
        for name in ("draft", "greeet"):
            with pytest.raises(MCPError) as raised:
                await client.get_prompt(name)
            said.append(str(raised.value))
        return said

    said = asked(prompted, ask)
    expected = [
        "mood is missing",
        'times is "x", not integer',
        "asks:nothing",
        "is a draft",
        "did you mean 'prompt:greet'",
    ]
    assert [text in whole for text, whole in zip(expected, said, strict=True)] == [True] * 5


@pytest.mark.parametrize(
    "name", ["a", "a/b", "ünïcode name", "100%", "a?b#c", "a@b", "x:y", "a//b", "a\\b", "+", "%2F"]
)
def test_an_address_leads_back_to_its_entry(name: str) -> None:
    """Whatever a name holds, the first reading of its address is the entry itself."""
    assert next(readings(uri_of("tool", name))) == ("tool", name, "")
