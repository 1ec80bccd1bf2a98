"""What the shell completes."""

from __future__ import annotations

import pytest


@pytest.fixture
def complete(run_cli, monkeypatch):
    """A function that returns what a shell would propose for the words typed so far."""

    def ask(*words: str, shell: str = "zsh") -> list[str]:
        monkeypatch.setenv("_CATALOG_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["catalog", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        done = run_cli()
        monkeypatch.delenv("_CATALOG_COMPLETE")
        assert (done.status, done.err) == (0, "")
        lines = done.out.splitlines()
        return [lines[i + 1].replace("\\:", ":") for i in range(0, len(lines) - 1, 3)] if shell == "zsh" else lines

    return ask


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (("se",), ["search", "serve"]),
        (("re",), ["refresh", "register", "rename", "restore"]),
        (("db", ""), ["upgrade", "current", "check", "backup", "copy", "prune"]),
        (("ls", "t"), ["tool"]),
        (("search", "--kind", "sc"), ["schema"]),
        (("search", "--tag", ""), ["csv", "plot"]),
        (("search", "--not-tag", "p"), ["plot"]),
        (("explain", ""), ["schema:verdict", "tool:create_scatter", "tool:read_csv"]),
        (("explain", "t"), ["tool:create_scatter", "tool:read_csv"]),
        (("explain", "tool:c"), ["tool:create_scatter"]),
        (("run", "rea"), ["read_csv"]),
        (("verify", "tool:read_csv", "schema:"), ["schema:verdict"]),
        (("search", "--not"), ["--not-tag"]),
        (("route", "l"), ["lint", "log"]),
        (("route", "--on"), ["--on-no-match"]),
        (("route", "--strategy", "r"), ["rules"]),
        (("route", "--kind", "t"), ["tool"]),
        (("route", "plot", "--exp"), ["--explain"]),
        (("route", "plot", "--on-no-match", "tool:c"), ["tool:create_scatter"]),
        (("route", "eval", "--ga"), ["--gate"]),
        (("route", "lint", "--only", "d"), ["dead_rule", "draft", "deprecated"]),
        (("route", "golden", "r"), ["remove"]),
        (("route", "golden", "add", "x", "read"), ["read_csv"]),
    ],
)
def test_words_are_completed_from_the_catalog(complete, words, proposed) -> None:
    """Commands, options, kinds, tags, keys and names complete to what there is."""
    assert complete(*words) == proposed


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_name_that_a_shell_would_run_is_not_proposed(complete, catalog, shell) -> None:
    """Only words that mean themselves in every shell are proposed: no quotes, blanks, dollars, globs or options."""
    plain = ["tool:-rf", "tool:größe", "tool:ns/a.b_c-d@1+x,y:z"]
    odd = [*"`$\\;&|<>(){}[]*?!~#='\" %^", "$(touch x)", "`touch x`"]
    for name in [key.removeprefix("tool:") for key in plain] + [f"x{part}y" for part in odd]:
        catalog.register("tool", name, "json:dumps")
    assert [line.removeprefix("plain,") for line in complete("explain", "", shell=shell)] == plain
    assert "".join(complete("explain", "-r", shell=shell)) == ""


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (("explain", "tool", ":", "c"), ["plain,create_scatter"]),
        (("explain", "tool", ":"), ["plain,create_scatter", "plain,read_csv"]),
        (("verify", "tool", ":", "read_csv", "schema", ":", "v"), ["plain,verdict"]),
        (("run", "rea"), ["plain,read_csv"]),
    ],
)
def test_bash_completes_after_a_colon(complete, words, proposed) -> None:
    """Bash splits words at colons; what it is given continues the last part."""
    assert complete(*words, shell="bash") == proposed


def test_completion_creates_no_database(complete, project) -> None:
    """Asking for a tag of a catalog that is not there proposes nothing and makes nothing."""
    file = project / "new.db"
    assert complete("--url", f"sqlite:///{file}", "search", "--tag", "") == []
    assert not file.exists()


def test_completion_never_fails(complete, project) -> None:
    """A configuration or a database that can't be read proposes nothing, without a word."""
    assert complete("--url", "nonsense", "explain", "") == []
    (project / "catalog.toml").write_text("this is no TOML")
    assert complete("ls", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_can_be_printed(run_cli, monkeypatch, shell) -> None:
    """``_CATALOG_COMPLETE=…_source`` prints the script that switches completion on."""
    monkeypatch.setenv("_CATALOG_COMPLETE", f"{shell}_source")
    if shell == "bash":  # click asks the installed one for its version
        monkeypatch.setattr("click.shell_completion.BashComplete._check_version", staticmethod(lambda: None))
    done = run_cli()
    assert done.status == 0
    assert f"_CATALOG_COMPLETE={shell}_complete" in done.out
