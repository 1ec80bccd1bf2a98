"""Each rule of safety, attacked."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from urllib.parse import urlencode, urlsplit

import pytest
from callers_of_tests import TOKENS, bearer, named_tokens
from factories import damage

from catalog import Catalog, SettingsError, load_settings
from catalog.server.app import create_app
from catalog.server.callers import Callers
from catalog.server.rates import Bucket, Guesses
from catalog.server.settings import ServerSettings

FORM = {"content-type": "application/x-www-form-urlencoded"}
ENTRY = "/api/v1/entries/tool/mail"


# -- who is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::1"])
def test_another_host_name_is_refused(asked, host: str) -> None:
    """A name that is not the server's is a 421: a site whose name is made to lead here reads nothing."""
    answer = asked().get(ENTRY, headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "192.0.2.7", "catalog.example.org"])
def test_its_own_names_and_addresses_are_answered(asked, host: str) -> None:
    """The names of this machine, any address, and the names under `hosts` are no other site's."""
    assert asked(hosts=("catalog.example.org",)).get(ENTRY, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_may_not_ask(asked, served: Catalog, headers: dict[str, str]) -> None:
    """What a browser sends for a page of another site is refused, reading and writing."""
    client = asked(allow_write=True)
    for answer in (client.get(ENTRY, headers=headers), client.delete(ENTRY, headers=headers)):
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    assert "tool:mail" in served
    assert "access-control-allow-origin" not in client.get(ENTRY).headers


def test_a_link_from_another_site_may_be_followed_but_not_posted_through(asked) -> None:
    """A person who follows a link gets the page; a form that another site sends does not arrive."""
    client = asked(allow_write=True)
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=followed).status_code == 200
    assert client.post(f"{ENTRY}/approve", headers=followed, json={}).status_code == 403


SIMPLE = ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "")


@pytest.mark.parametrize("form", SIMPLE)
def test_what_another_site_can_send_without_asking_is_not_read(asked, served: Catalog, form: str) -> None:
    """A POST of the API that no browser would ask leave for is refused, though no header gives it away."""
    send = {"content-type": form} if form else {}
    answer = asked(allow_write=True).post(f"{ENTRY}/deprecate", content=b'{"instead": null}', headers=send)
    assert (answer.status_code, served.entry("tool:mail").state) == (415, "approved")


def test_a_form_without_its_token_is_refused(asked) -> None:
    """A form needs the token of its own session: none, another's and a wrong one are refused."""
    client = asked(tokens=named_tokens())
    send = {"content-type": "application/x-www-form-urlencoded"}
    others = Callers(named_tokens(), frozenset({"read"})).csrf_token(Callers((), frozenset()).anybody())
    for given in ({}, {"csrf_token": others}, {"csrf_token": "é"}):
        content = urlencode({"token": TOKENS["reader"][0], **given})
        answer = client.post("/sign-in", content=content, headers={**send, "accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert "set-cookie" not in answer.headers


# -- who asks -------------------------------------------------------------------------------------------------------


def test_other_machines_need_a_token() -> None:
    """A server that other machines reach does not start without a token; one for this machine does."""
    with pytest.raises(SettingsError, match="there is no token"):
        ServerSettings(host="0.0.0.0").check()
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        ServerSettings(host=host).check()
    with pytest.raises(SettingsError):
        ServerSettings(host="localhost.evil.example").check()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-token-wrong-token"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer "},
        {"cookie": "catalog_session=guessed"},
        {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"},
    ],
)
def test_without_a_token_nothing_is_answered(asked, headers: dict[str, str]) -> None:
    """Where there are tokens, whoever has none gets 401 and is told how to say who they are."""
    client = asked(tokens=named_tokens())
    for path in (ENTRY, "/openapi.json", "/metrics", "/api/v1/events"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="catalog"')
    assert client.get(f"/?token={TOKENS['reader'][0]}", headers={**headers, "accept": "text/html"}).status_code == 303
    assert client.get("/healthz", headers={}).status_code == 200


def test_a_token_can_not_be_guessed_for_ever(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten wrong tokens an address waits; so does its form."""
    monkeypatch.setattr(
        "catalog.server.app.Guesses", lambda: Guesses(clock=lambda: 0.0)
    )  # however slow this machine is
    client = asked(tokens=named_tokens())
    statuses = [client.get(ENTRY, headers={"authorization": f"Bearer wrong-{n}"}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_rights_are_separate(asked, served: Catalog) -> None:
    """A reader writes nothing, a writer approves nothing, and neither's refusal says who may."""
    client = asked(tokens=named_tokens(), allow_write=True)
    tried = [
        client.put(ENTRY, json={"ref": "a:b"}, headers=bearer("reader")),
        client.patch(ENTRY, json={"description": "x"}, headers=bearer("reader")),
        client.delete(ENTRY, headers=bearer("reader")),
        client.post(f"{ENTRY}/rename", json={"name": "x"}, headers=bearer("reader")),
        client.post(f"{ENTRY}/approve", json={}, headers=bearer("writer")),
        client.post(f"{ENTRY}/deprecate", json={}, headers=bearer("writer")),
        client.post(f"{ENTRY}/restore", json={}, headers=bearer("writer")),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in tried] == [(403, "right")] * 7
    assert served.generation == 1


def test_a_writer_brings_nothing_back_on_a_page(asked, served: Catalog) -> None:
    """What was approved once comes back with the right to approve only, by the form of a page as by the API."""
    served.update("tool:mail", description="Better.")
    client = asked(tokens=named_tokens(), allow_write=True)
    answers = {}
    for name in ("writer", "approver"):
        page = client.get("/entries/tool/mail", headers={**bearer(name), "accept": "text/html"}).text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "action": "restore", "number": "1"}
        answer = client.post("/change/tool/mail", data=form, headers=bearer(name))
        answers[name] = ("Restore" in page, answer.status_code)
    assert answers == {"writer": (False, 403), "approver": (True, 303)}
    assert served.entry("tool:mail").description == "Send a letter."


def test_writing_is_off_whatever_a_token_may(asked, served: Catalog) -> None:
    """Without `--allow-write` nothing is changed, with every right and without any token."""
    for client, headers in ((asked(tokens=named_tokens()), bearer("approver")), (asked(), {})):
        for answer in (client.delete(ENTRY, headers=headers), client.put(ENTRY, json={"ref": "a:b"}, headers=headers)):
            assert (answer.status_code, answer.json()["facts"]) == (403, {"right": "write"})
    assert served.generation == 1


def test_a_configuration_that_nobody_trusts_opens_nothing(tmp_path) -> None:
    """What a repository that was just cloned says of the server is set aside."""
    (tmp_path / "catalog.toml").write_text("[server]\nallow_write = true\nhost = '0.0.0.0'\n")
    settings = load_settings(tmp_path)
    assert (dict(settings.server), settings.set_aside) == ({}, ("server",))


# -- sessions of browsers -------------------------------------------------------------------------------------------


def signed_in(client, name: str, next_page: str = "/"):
    """Sign in as a caller, as a browser does, and return the answer."""
    page = client.get("/sign-in", headers={"accept": "text/html"}).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"csrf_token": token, "token": TOKENS[name][0], "next": next_page}
    return client.post("/sign-in", content=urlencode(fields), headers=FORM)


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_sees(asked) -> None:
    """The cookie is for this server's own pages only, holds no token, and ends with sign-out."""
    client = asked(tokens=named_tokens())
    answer = signed_in(client, "reader")
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert ("HttpOnly" in cookie, "SameSite=strict" in cookie, TOKENS["reader"][0] in cookie) == (True, True, False)
    assert client.get(ENTRY).status_code == 200
    csrf = client.app.state.callers
    session = cookie.split("=", 1)[1].split(";")[0]
    content = urlencode({"csrf_token": csrf.csrf_token(csrf.by_session(session))})
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/sign-out", content=content, headers=form).status_code == 303
    client.cookies.set("catalog_session", session)
    assert client.get(ENTRY).status_code == 401


ELSEWHERE = ("https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nset-cookie: b")


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(asked, elsewhere: str) -> None:
    """What should come after signing in is a page of this server."""
    assert signed_in(asked(tokens=named_tokens()), "reader", elsewhere).headers["location"] == "/"


# -- how much and how long ------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_not_read(asked) -> None:
    """What says it is too large is refused, and so is what turns out to be."""
    client = asked(allow_write=True, largest_body=1_000)
    send = {"content-type": "application/json"}
    said = client.put(ENTRY, content=b"x" * 1_001, headers=send)
    unsaid = client.put(ENTRY, content=iter([b"x" * 600, b"x" * 600]), headers=send)
    assert [(answer.status_code, answer.json()["code"]) for answer in (said, unsaid)] == [(413, "too-large")] * 2


def test_nested_json_does_not_end_the_server(asked) -> None:
    """A body of a hundred thousand brackets is refused like any other that is wrong."""
    client = asked(allow_write=True)
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"ref":"a:b","metadata":' + b'{"a":' * 500 + b"1" + b"}" * 501):
        assert client.put(ENTRY, content=body, headers={"content-type": "application/json"}).status_code in (400, 422)
    assert client.get("/healthz").status_code == 200


def test_a_caller_who_asks_too_often_waits(asked) -> None:
    """More requests than the rate allows are a 429 that says when to come again; another caller is not held up."""
    client = asked(tokens=named_tokens(), rate=20)
    answers = [client.get(ENTRY, headers=bearer("reader")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert client.get(ENTRY, headers=bearer("writer")).status_code == 200


def test_a_bucket_fills_again() -> None:
    """A quarter of the rate may come at once, and each moment one more; of many callers the oldest are forgotten."""
    now = [0.0]
    bucket = Bucket(60, lambda: now[0])
    assert [bucket.take("a") for _ in range(16)] == [0.0] * 15 + [1.0]
    now[0] = 1.0
    assert (bucket.take("a"), bucket.take("a") > 0, bucket.take("b")) == (0.0, True, 0.0)
    assert Bucket(0).take("a") == 0.0


def test_what_takes_too_long_is_given_up(asked, served: Catalog, monkeypatch) -> None:
    """A search that does not end is answered with 503, and the server goes on."""
    ended = threading.Event()
    monkeypatch.setattr(type(served), "search", lambda *_, **__: ended.wait(30) or [])
    client = asked(timeout=1.0)
    answer = client.get("/api/v1/search", params={"q": "x"})
    try:
        assert (answer.status_code, answer.json()["code"]) == (503, "timeout")
        assert client.get(ENTRY).status_code == 200
    finally:
        ended.set()


def test_headers_that_do_not_end_close_the_connection(live, monkeypatch) -> None:
    """A connection that sends a request letter by letter, or nothing, is closed when its time is up."""
    monkeypatch.setattr("catalog.server.running.HEADERS_WITHIN", 0.3)
    at = urlsplit(live())
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "):
        with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
            connection.sendall(sent)
            assert connection.recv(100) == b""


# -- what is said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_fault_of_the_server_shows_nothing_of_it(asked, served: Catalog, monkeypatch, accept: str, caplog) -> None:
    """A client reads neither trace nor message nor path of what failed; the log has them."""

    def fail(*_, **__):
        raise RuntimeError("/secret/path of the server")

    monkeypatch.setattr(type(served), "search", fail)
    path = "/api/v1/search" if accept == "application/json" else "/?q=x"
    answer = asked().get(path, params={"q": "x"}, headers={"accept": accept})
    assert answer.status_code == 500
    assert [word for word in ("Traceback", "RuntimeError", "secret", ".py") if word in answer.text] == []
    assert "/secret/path" in caplog.text


def test_a_broken_catalog_does_not_say_where_it_lies(asked, served: Catalog, caplog) -> None:
    """An error of the database is a 500 without its path; the log has what the answer promises: why."""
    client = asked()
    served.close()
    answer = client.get(ENTRY)
    assert (answer.status_code, "served.db" in answer.text) == (500, False)
    assert (answer.headers["x-request-id"] in caplog.text, "closed" in caplog.text) == (True, True)


def test_one_damaged_row_is_named_and_harms_no_other(asked, served: Catalog) -> None:
    """A row that can't be read is named with what brings it back, on the page too; all others are answered."""
    damage(served.url, "UPDATE entry SET tags = '[1]' WHERE name = 'mail'")
    damage(served.url, "DELETE FROM revision WHERE name = 'mail'")
    client = asked()
    answer = client.get("/api/v1/entries/tool/mail")
    assert (answer.status_code, answer.json()["facts"]) == (500, {"key": "tool:mail"})
    assert answer.json()["detail"].startswith("the row of tool:mail is damaged (a list that does not hold texts only)")
    page = client.get("/entries/tool/mail", headers={"accept": "text/html"})
    assert (page.status_code, "The row of tool:mail is damaged" in page.text) == (500, True)
    others = [
        "/",
        "/?q=letter",
        "/?q=letter&framework=x",
        "/?state=draft",
        "/health",
        "/graph",
        "/api/v1/entries",
        "/api/v1/facets",
        "/api/v1/entries/tool/note",
    ]
    assert [client.get(path).status_code for path in others] == [200] * len(others)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", ENTRY, "/healthz", "/static/nothing", "/openapi.json"])
def test_every_answer_has_the_headers_that_guard_it(asked, path: str) -> None:
    """Whatever is answered, nothing inline runs, nothing is framed, guessed, cached by others or sent along."""
    headers = asked().get(path, headers={"accept": "text/html"}).headers
    policy = headers["content-security-policy"]
    assert ("unsafe" in policy, "default-src 'none'" in policy, "frame-ancestors 'none'" in policy) == (
        False,
        True,
        True,
    )
    assert {name: headers[name] for name in ("x-content-type-options", "x-frame-options", "referrer-policy")} == {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
    }
    assert headers["cache-control"].startswith(("private", "no-", "public"))


def test_names_and_texts_of_entries_break_out_of_nothing(asked, served: Catalog) -> None:
    """Markup in an entry is text on the page and in JSON, and its control characters are escapes."""
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\x1b[31m\u202e'
    served.update("tool:mail", description=hostile)
    client = asked()
    page = client.get("/", params={"q": "<script>letter"}, headers={"accept": "text/html"}).text
    assert [word for word in ("<script>alert", "<img src=x", "<script>letter") if word in page] == []
    answer = client.get(ENTRY)
    assert (answer.json()["description"], "\x1b" in answer.text) == (hostile, False)


def test_a_name_writes_no_header(asked, served: Catalog) -> None:
    """Line breaks in a name are refused before they reach a header; other letters come back escaped."""
    client = asked(allow_write=True)
    broken = client.put("/api/v1/entries/tool/a%0d%0aset-cookie:%20b", json={"ref": "a:b"})
    assert (broken.status_code, "set-cookie" in broken.headers) == (404, False)
    written = client.put("/api/v1/entries/tool/%C3%A9t%C3%A9", json={"ref": "a:b"})
    assert written.headers["location"].endswith("/%C3%A9t%C3%A9")
    assert "tool:été" in served


OUT = ("../app.py", "..%2fapp.py", "%2e%2e/settings.py", "....//app.py", "/etc/passwd", "..\\app.py")


@pytest.mark.parametrize("path", OUT)
def test_static_files_are_those_of_their_folder(live, path: str) -> None:
    """No path leads out of the folder of static files."""
    at = urlsplit(live())
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
    connection.request("GET", f"/static/{path}")
    answer = connection.getresponse()
    assert (answer.status, b"create_app" in answer.read()) == (404, False)
    connection.close()


def test_no_token_is_kept_or_logged(asked, access_log) -> None:
    """The server keeps sums of tokens, and its log has names."""
    client = asked(tokens=named_tokens(), allow_write=True)
    client.get(ENTRY, headers=bearer("reader"))
    signed_in(client, "writer")
    wrong = {"authorization": "Bearer wrong-token-of-somebody"}
    client.get(ENTRY, params={"token": TOKENS["approver"][0]}, headers=wrong)
    text = access_log.getvalue() + repr(client.app.state.settings)
    assert [token for token, _ in TOKENS.values() if token in text] == []
    assert "wrong-token" not in text
    assert [json.loads(line)["caller"] for line in access_log.getvalue().splitlines()] == ["reader", "", "", ""]


def test_the_word_of_a_stranger_for_an_address_is_not_taken(live, access_log) -> None:
    """`X-Forwarded-For` counts only where a proxy is configured that may say it."""
    at = urlsplit(live())
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
    connection.request("GET", "/healthz", headers={"X-Forwarded-For": "192.0.2.7"})
    connection.getresponse().read()
    connection.close()
    until = time.monotonic() + 10
    while not access_log.getvalue() and time.monotonic() < until:  # it is written once the answer is out
        time.sleep(0.01)
    assert json.loads(access_log.getvalue())["address"] == "127.0.0.1"


def test_a_server_is_open_to_nobody_by_mistake(served: Catalog) -> None:
    """`create_app` itself refuses settings that are not safe."""
    with pytest.raises(SettingsError):
        create_app(served, ServerSettings(host="192.0.2.7"))
