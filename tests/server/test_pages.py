"""The pages of `catalog serve`, asked without a browser: what they show, what they change, and nothing inline."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from factories import LendUrl, damage, open_catalog, tool

from catalog import Catalog
from catalog.server.app import create_app
from catalog.server.page.entry_facts import difference
from catalog.server.page.finding import Asked
from catalog.server.page.upkeep import weekly
from catalog.server.settings import ServerSettings

testclient = pytest.importorskip("starlette.testclient")
datastructures = pytest.importorskip("starlette.datastructures")

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) \x1b[31m"
COUNCIL = {
    "name": "seo",
    "router": "absent",
    "members": [{"id": "writer", "profile": "mini", "tools": ["charts/pie"]}, {"id": "critic", "profile": "mini"}],
    "rounds": [{"type": "independent_analysis"}, {"type": "vote"}],
    "chair": "critic",
}
HTML = {"accept": "text/html"}


def fill(cat: Catalog) -> None:
    """Put in something of every sort that a page shows in its own way."""
    cat.register_many(
        [
            tool("charts/pie", description="Draw a pie chart.", tags=["plot", "csv"], examples=["draw the shares"]),
            tool("a b?c#d", description=HOSTILE, tags=["<i>"], examples=[HOSTILE], metadata={"framework": "<b>"}),
            tool("mail", description="Send a letter.", tags=["post"], match="send .* letter"),
            tool("old", description="Draw slowly."),
        ]
    )
    cat.register("council", "seo", COUNCIL, description="Audits a page.", tags=["web"])
    cat.register("profile", "mini", {"model": "openai/gpt-4o-mini"}, description="Fast.")
    cat.register("prompt", "greet", "Hello {name}.", description="Greets.")
    cat.deprecate("tool:old", instead="tool:charts/pie", reason="slow")


@pytest.fixture
def cat(lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog with something of every sort."""
    with lend_url() as url, open_catalog(url) as opened:
        fill(opened)
        yield opened


Client = Callable[..., "testclient.TestClient"]


@pytest.fixture
def client(cat: Catalog) -> Iterator[Client]:
    """A function that starts a server over `cat` with settings and returns its client."""
    with ExitStack() as stack:

        def start(**settings: object) -> testclient.TestClient:
            app = create_app(cat, ServerSettings(**settings), access_log=io.StringIO())
            return stack.enter_context(testclient.TestClient(app, base_url="http://127.0.0.1", follow_redirects=False))

        yield start


class Page(HTMLParser):
    """What stands in a page: links, text, and what the content security policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("href", "src", "action") if name in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if (tag == "script" and "src" not in given) or tag == "style":
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PAGES = [
    "/",
    "/?q=draw",
    "/?q=nothing+at+all+like+this&kind=tool&state=gone",
    "/?kind=tool&tag=plot&sort=updated",
    "/?state=deprecated",
    "/?framework=%3Cb%3E",
    "/entries/tool/charts%2Fpie",
    "/entries/tool/a%20b%3Fc%23d",
    "/entries/tool/old",
    "/entries/council/seo",
    "/entries/prompt/greet",
    "/entries/profile/mini",
    "/graph",
    "/graph?key=profile:mini&depth=2&kind=council",
    "/graph?source=manual",
    "/routing",
    "/routing?text=send+her+a+letter&kind=tool",
    "/routing?text=audit&strategy=rules",
    "/routing?text=draw&kind=tool&evaluate=1",
    "/health",
    "/health?lint=1",
]


def test_every_page_answers_and_nothing_in_it_is_inline(client: Client, cat: Catalog) -> None:
    """Each page answers 200, has no script, style or handler in its markup and no id twice; each link answers."""
    cat.golden.add("send her a letter", "tool:mail")
    asking = client()
    links: set[str] = set()
    for path in PAGES:
        answer = asking.get(path, headers=HTML)
        assert (path, answer.status_code) == (path, 200)
        page = Page(answer.text)
        assert (path, page.inline) == (path, [])
        assert len(set(page.ids)) == len(page.ids), path
        assert not any(link.startswith(("javascript:", "data:")) for link in page.links)
        links.update(link.partition("#")[0] for link in page.links if not link.startswith(("http", "#")))
    assert [link for link in sorted(links) if link and asking.get(link, headers=HTML).status_code != 200] == []


def test_what_entries_say_is_text_on_every_page(client: Client) -> None:
    """A hostile name, description, tag, example and framework are shown as they are, without control characters."""
    asking = client()
    for path in ("/", "/?q=alert", "/entries/tool/a%20b%3Fc%23d", "/routing?text=alert&kind=tool", "/graph"):
        text = asking.get(path, headers=HTML).text
        assert re.findall(r"<script>|<img|<i>|<b>alert", text) == []
        assert "\x1b" not in text
    shown = "".join(Page(asking.get("/entries/tool/a%20b%3Fc%23d", headers=HTML).text).text)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))" in shown


def test_rows_say_why_and_facets_narrow(client: Client) -> None:
    """Words that matched are marked and named, facets count, and their links choose and unchoose a value."""
    text = client().get("/?q=draw&kind=tool", headers=HTML).text
    assert "<mark>Draw</mark> a pie chart." in text
    assert "words in description" in text
    assert 'href="/?q=draw" aria-current="true" title="tool"' in text
    assert re.search(r'href="/\?q=draw&amp;kind=tool&amp;tag=plot" title="plot">\s*<span>plot</span>', text)
    assert re.findall(r'class="name" href="([^"]+)"', text) == ["/entries/tool/charts%2Fpie", "/entries/tool/old"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=deprecated", ["old"]),
        ("state=approved&kind=tool", ["a b?c#d", "charts/pie", "mail"]),
        ("framework=%3Cb%3E", ["a b?c#d"]),
        ("kind=profile&kind=prompt", ["mini", "greet"]),
        ("tag=plot&tag=csv", ["charts/pie"]),
        ("q=draw&state=deprecated", ["old"]),
        ("state=deprecated&kind=council", []),
        ("sort=name&n=2", ["a b?c#d", "charts/pie"]),
    ],
)
def test_an_address_says_which_rows(client: Client, query: str, names: list[str]) -> None:
    """Filters, order and number of rows are in the address."""
    text = client().get(f"/?{query}", headers=HTML).text
    assert re.findall(r'class="name" href="/entries/\w+/([^"]+)"', text) == [quote(name, safe="") for name in names]


def test_a_script_gets_parts_of_the_page(client: Client) -> None:
    """The same address gives rows or facets alone where the script asks; caches are told."""
    asking = client()
    rows = asking.get("/?q=draw", headers={**HTML, "x-fragment": "rows"})
    facets = asking.get("/?q=draw", headers={**HTML, "x-fragment": "facets"})
    assert ("<html" in rows.text, 'class="rows"' in rows.text, rows.headers["vary"]) == (False, True, "x-fragment")
    assert ("<html" in facets.text, 'class="facet"' in facets.text) == (False, True)
    assert asking.get("/palette?q=letter").json()[0] == {"kind": "tool", "name": "mail", "href": "/entries/tool/mail"}
    assert asking.get("/palette").json() == []


def test_an_empty_catalog_teaches(lend_url: LendUrl) -> None:
    """The first page of an empty catalog says what to type to fill it."""
    with lend_url() as url, open_catalog(url) as empty:
        app = create_app(empty, access_log=io.StringIO())
        with testclient.TestClient(app, base_url="http://127.0.0.1") as asking:
            text = asking.get("/", headers=HTML).text
            others = [asking.get(path, headers=HTML).status_code for path in ("/graph", "/routing", "/health")]
    assert "Nothing here yet" in text
    assert re.findall(r"<code>(catalog \w+)", text)[:2] == ["catalog scan", "catalog register"]
    assert others == [200, 200, 200]


def test_the_page_of_an_entry_says_all(client: Client, cat: Catalog) -> None:
    """References, what uses it, how it is loaded in each framework, revisions with what changed, and the drawing."""
    cat.update("tool:charts/pie", description="Draw a round chart.", reason="clearer")
    text = client().get("/entries/tool/charts%2Fpie", headers=HTML).text
    assert "from catalog.adapters import langchain" in text
    assert "catalog run tool:charts/pie" in text
    assert "<del>Draw a pie chart.</del>\n<ins>Draw a round chart.</ins>" in text
    assert "clearer" in text
    assert 'href="/entries/council/seo"' in text
    council = client().get("/entries/council/seo", headers=HTML).text
    assert 'aria-label="How seo works"' in council
    assert "router:absent" in council


def test_what_was_taken_away_is_still_known(client: Client, cat: Catalog) -> None:
    """The page of an entry that was taken away is 404, shows its history, and offers to bring it back."""
    cat.unregister("tool:mail", reason="nobody writes letters")
    answer = client(allow_write=True).get("/entries/tool/mail", headers=HTML)
    assert answer.status_code == 404
    assert "nobody writes letters" in answer.text
    assert 'aria-label="Restore revision 1"' in answer.text
    close = client().get("/entries/tool/mial", headers=HTML)
    assert close.status_code == 404
    assert "There is no such thing" in close.text


def token_of(text: str) -> str:
    """Return the CSRF token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', text)
    assert found is not None
    return found[1]


def test_a_form_changes_an_entry_with_a_reason(client: Client, cat: Catalog) -> None:
    """Describe, tag, rename, deprecate, approve and restore, each with a reason that the history keeps."""
    asking = client(allow_write=True)

    def send(key: str, **fields: object) -> str:
        kind, _, name = key.partition(":")
        path = f"/{kind}/{quote(name, safe='')}"
        page = asking.get(f"/entries{path}", headers=HTML).text
        form = {"csrf_token": token_of(page), "revision": cat.entry(key).revision, "reason": "why not", **fields}
        answer = asking.post(f"/change{path}", data=form, headers=HTML)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    assert send("tool:mail", action="describe", description="Post\r\na letter.") == "/entries/tool/mail"
    assert send("tool:mail", action="tag", tags="b, a ,") == "/entries/tool/mail"
    assert send("tool:mail", action="rename", new="post/letter") == "/entries/tool/post%2Fletter"
    send("tool:post/letter", action="deprecate", instead="tool:charts/pie")
    assert cat.entry("tool:post/letter").state == "deprecated"
    send("tool:post/letter", action="approve")
    send("tool:post/letter", action="restore", number=1)
    entry = cat.entry("tool:post/letter")
    assert (entry.description, entry.tags, entry.state) == ("Send a letter.", ("post",), "approved")
    assert {revision.reason for revision in cat.history("tool:post/letter", limit=6)} == {"why not"}


def test_changes_need_a_right_a_token_and_the_state_that_was_seen(client: Client, cat: Catalog) -> None:
    """Without the right or the CSRF token nothing changes: 403; with the revision of before: 412."""
    form = {"action": "describe", "description": "x", "revision": 1, "reason": ""}
    reading, writing = client(), client(allow_write=True)
    page = reading.get("/entries/tool/mail", headers=HTML).text
    assert "csrf_token" not in page
    assert writing.post("/change/tool/mail", data=form, headers=HTML).status_code == 403
    csrf = token_of(writing.get("/entries/tool/mail", headers=HTML).text)
    assert reading.post("/change/tool/mail", data={**form, "csrf_token": csrf}, headers=HTML).status_code == 403
    cat.update("tool:mail", description="Meanwhile.")
    late = writing.post("/change/tool/mail", data={**form, "csrf_token": csrf}, headers=HTML)
    assert late.status_code == 412
    assert "was changed meanwhile" in late.text
    unknown = {"action": "explode", "revision": 2, "csrf_token": csrf}
    assert writing.post("/change/tool/mail", data=unknown, headers=HTML).status_code == 400
    assert cat.entry("tool:mail").description == "Meanwhile."


def test_a_decision_shows_winner_and_losers_and_becomes_a_golden_case(client: Client, cat: Catalog) -> None:
    """The page says what was picked, why, each candidate and step; a prompt is added as a golden case from there."""
    asking = client(allow_write=True)
    address = "/routing?text=send+her+a+letter&kind=tool"
    page = asking.get(address, headers=HTML).text
    assert re.findall(r'class="picked-name"><a class="mono" href="([^"]+)"', page) == ["/entries/tool/mail"]
    assert "abstained" in page or "chosen" in page
    form = {"csrf_token": token_of(page), "text": "send her a letter", "key": "tool:mail", "kind": "tool"}
    answer = asking.post("/routing/golden", data=form, headers=HTML)
    assert (answer.status_code, answer.headers["location"].startswith("/routing?text=send+her")) == (303, True)
    assert [(case.text, case.names) for case in cat.golden.list()] == [("send her a letter", ("tool:mail",))]
    page = asking.get(address, headers=HTML).text
    assert "decided rightly" in page
    figures = asking.get(f"{address}&evaluate=1", headers=HTML).text
    assert "Coverage against risk" in figures
    fault = asking.get("/routing?text=x&kind=nonsense", headers=HTML)
    assert (fault.status_code, "unknown-kind" in fault.text) == (200, True)


def test_the_graph_is_data_for_the_script_and_a_list_for_all(client: Client) -> None:
    """Boxes have places, lines their ends; the list and what breaks without an entry say the same without a script."""
    asking = client()
    elements = asking.get("/graph/elements?key=profile:mini").json()
    keys = [node["key"] for node in elements["nodes"]]
    assert elements["placed"] is True
    assert sorted(keys) == ["council:seo", "model:openai/gpt-4o-mini", "profile:mini"]
    assert [(keys[edge["source"]], keys[edge["target"]]) for edge in elements["edges"]] == [
        ("profile:mini", "model:openai/gpt-4o-mini"),
        ("council:seo", "profile:mini"),
    ]
    text = asking.get("/graph?key=profile:mini", headers=HTML).text
    assert re.search(
        r'Refers to it</b> <span class="count">1</span>\s*<p><a class="mono" href="/entries/council/seo"', text
    )


def test_health_leads_to_remedies(client: Client, cat: Catalog, tmp_path: Path) -> None:
    """What is gone, deprecated or broken is counted, with links to the entries and the command that mends it."""
    damage(cat.url, "UPDATE entry SET metadata = '{\"gone\": \"gone\"}' WHERE name = 'mail'")
    text = client().get("/health", headers=HTML).text
    assert "3 things want a look" in text
    assert re.findall(r'class="big" href="([^"]+)">(\d+)<', text) == [
        ("/?state=gone", "1"),
        ("/?state=deprecated", "1"),
    ]
    assert "catalog doctor --fix" in text
    assert "router:absent" in text


def test_growth_is_counted_by_weeks() -> None:
    """The last week ends with the last day; older days are below all bars."""
    grown = weekly({"2020-01-01": 5, "2026-01-01": 1, "2026-01-08": 2, "2026-01-09": 3})
    assert (len(grown["weeks"]), grown["most"]) == (26, 11)
    assert [(week["new"], week["total"]) for week in grown["weeks"][-2:]] == [(1, 6), (5, 11)]
    assert weekly({})["weeks"] == []


def test_a_difference_is_of_lines() -> None:
    """Lines taken away and lines added are told apart, and escaped; a value that is no text is compared as JSON."""
    assert difference("a\n<b>", "a\nc") == "<span>a</span>\n<del>&lt;b&gt;</del>\n<ins>c</ins>"
    assert difference(None, ["x"]).count("<ins>") == 3
    assert difference("same", "same") == ""


def test_what_an_address_can_not_mean_is_left_out() -> None:
    """Odd numbers and orders are as if they were not there; the address of a question is a question again."""
    asked = Asked.of(datastructures.QueryParams("q=+a+&kind=tool&kind=&n=-5&sort=worst&tag=x&tag=x"))
    assert (asked.text, asked.most, asked.sort) == ("a", 50, "key")
    assert (asked.filters["kind"], asked.filters["tag"]) == (("tool",), ("x",))
    assert Asked.of(datastructures.QueryParams(asked.query()[1:])) == asked
    assert asked.toggled("tag", "x") == "?q=a&kind=tool"
    assert asked.toggled("tag", "y") == "?q=a&kind=tool&tag=x&tag=y"
