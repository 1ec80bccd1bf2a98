"""``catalog scan`` and ``catalog refresh``."""

from __future__ import annotations


def test_a_scan_tells_what_is_new(run_cli, plots) -> None:
    """The first scan of a file names what it found, and a second one finds it unchanged."""
    assert run_cli("scan", "plots.py") == (
        0,
        "plots.py: 1 new, 0 unchanged (1 file)\n  new      tool:create_scatter\n",
        "",
    )
    assert run_cli("scan", "plots.py") == (0, "plots.py: 0 new, 1 unchanged (1 file)\n", "")


def test_only_the_first_few_are_shown(run_cli, project) -> None:
    """Of many findings five are named and the others counted; ``--verbose`` names all."""
    (project / "many.py").write_text("".join(f"def f{i}():\n    pass\n" for i in range(7)))
    assert run_cli("scan", "many.py", "--public").out == (
        "many.py: 7 new, 0 unchanged (1 file)\n"
        "  new      tool:f0\n"
        "  new      tool:f1\n"
        "  new      tool:f2\n"
        "  new      tool:f3\n"
        "  new      tool:f4\n"
        "           … and 2 more (--verbose)\n"
    )
    (project / "more.py").write_text("".join(f"def g{i}():\n    pass\n" for i in range(7)))
    assert run_cli("scan", "more.py", "--public", "--verbose").out.count("  new      tool:g") == 7


def test_what_is_left_out_is_said(run_cli, project) -> None:
    """``--exclude`` leaves out what fits, however often; what was unregistered stays away; both are said."""
    for name in ("a", "b", "c"):
        (project / "left" / f"{name}.py").parent.mkdir(exist_ok=True)
        (project / "left" / f"{name}.py").write_text(f"def {name}():\n    pass\n")
    run_cli("scan", "left/a.py", "--public")
    run_cli("unregister", "tool:a")
    done = run_cli("scan", "./left", "--public", "--exclude", "b.py", "--exclude", "c*")
    assert done.out == (
        "left: 0 new, 0 unchanged, 3 skipped (1 file)\n"
        "  skipped  a:a: tool:a was unregistered; `catalog restore tool:a` brings it back\n"
        "  skipped  left/b.py: excluded by 'b.py'\n"
        "  skipped  left/c.py: excluded by 'c*'\n"
        "  left out 2 of 3 files: excluded (2)\n"
    )
    assert run_cli("scan", "./left", "--exclude", "!").status == 3


def test_drift_and_unreadable_files_are_reported(run_cli, plots) -> None:
    """A second scan reports changed code without accepting it, and a broken file without failing."""
    run_cli("scan", ".")
    plots.write_text(plots.read_text().replace("x: str,", "x: int,"))
    (plots.parent / "broken.py").write_text("import catalog\n@catalog.tool\ndef f(:\n")
    done = run_cli("scan", ".")
    assert (done.status, done.err) == (0, "")
    first, drifted, skipped = done.out.splitlines()
    assert (first, drifted) == (
        ".: 0 new, 0 unchanged, 1 drifted, 1 skipped (2 files)",
        "  drifted  tool:create_scatter",
    )
    assert skipped.startswith("  skipped  ")
    assert "broken.py: " in skipped
    assert run_cli("verify", "--json").status == 1


def test_json_is_a_report_or_an_array_of_them(run_cli, plots) -> None:
    """One target gives one report; several give an array, in the order they were named."""
    one = run_cli("scan", "plots.py", "--json").data
    assert (one["target"], one["found"]) == (str(plots), ["tool:create_scatter"])
    several = run_cli("scan", "plots.py", ".", "--json").data
    assert [report["target"] for report in several] == [str(plots), str(plots.parent)]


def test_finding_nothing_at_all_is_a_no(run_cli, project) -> None:
    """A target without anything known ends with 1 and says how to look wider."""
    (project / "plain.py").write_text("def f():\n    pass\n")
    assert run_cli("scan", "plain.py") == (
        1,
        "plain.py: 0 new, 0 unchanged (1 file)\n",
        "nothing found in plain.py: 1 file seen, 1 opened, nothing in them is recognised; "
        "--public takes every public function\n",
    )


def test_nothing_found_says_why(run_cli, project) -> None:
    """The last line says how much was seen and opened, and what was left out: never "0 new" without the reason."""
    for place in ("tests/a.py", "tests/b.py", ".venv/c.py", "plain.py"):
        (project / "app" / place).parent.mkdir(parents=True, exist_ok=True)
        (project / "app" / place).write_text("import catalog\n")
    (project / "empty").mkdir()
    reasons = {
        "./empty": "there is no Python file",
        "./app": "3 files seen, 1 opened, left out: tests (2), virtual environments (1), nothing in them is recognised",
    }
    for target, reason in reasons.items():
        done = run_cli("scan", target, "--public")
        assert (done.status, done.err) == (1, f"nothing found in {target}: {reason}\n")
    (project / "app" / "plain.py").unlink()
    assert run_cli("scan", "./app", "--public").err == (
        "nothing found in ./app: 2 files seen, 0 opened, left out: tests (2), virtual environments (1)\n"
    )


def test_other_languages_are_said_where_they_are_most(run_cli, project) -> None:
    """A project that is mostly in another language is told that it is not read; some scripts beside Python are none."""
    for place in ("web/a.ts", "web/b.ts"):
        (project / place).parent.mkdir(exist_ok=True)
        (project / place).write_text("export const tool = 1\n")
    nothing = run_cli("scan", "./web")
    assert (nothing.out, nothing.err) == (
        "web: 0 new, 0 unchanged\n",
        "nothing found in ./web: there is no Python file; not read: 2 of TypeScript\n",
    )
    (project / "web" / "tools.py").write_text("import catalog\n@catalog.tool\ndef look():\n    pass\n")
    assert run_cli("scan", "./web").out == (
        "web: 1 new, 0 unchanged (1 file)\n  new      tool:look\n  not read 2 of TypeScript\n"
    )
    for name in "abc":
        (project / "web" / f"{name}.py").write_text("")
    assert run_cli("scan", "./web").out == "web: 0 new, 1 unchanged (4 files)\n"


def test_what_is_left_out_by_itself_is_said(run_cli, project) -> None:
    """Tests are left out and counted, taken in with ``--tests``, and reports in JSON have the figures."""
    for place in ("app/tools.py", "app/test_tools.py"):
        (project / place).parent.mkdir(exist_ok=True)
        (project / place).write_text(f"import catalog\n@catalog.tool\ndef {place[4:-3]}():\n    pass\n")
    assert run_cli("scan", "./app").out == (
        "app: 1 new, 0 unchanged (1 file)\n"
        "  new      tool:tools\n"
        "  left out 1 of 2 files: tests (1); --tests takes tests\n"
    )
    report = run_cli("scan", "./app", "--json").data
    assert {name: report[name] for name in ("seen", "files", "left_out")} == {
        "seen": 2,
        "files": 1,
        "left_out": {"tests": 1},
    }
    assert run_cli("scan", "./app", "--tests").out == (
        "app: 1 new, 1 unchanged (2 files)\n  new      tool:test_tools\n"
    )


def test_much_that_is_new_is_shown_by_kind(run_cli, project) -> None:
    """Of many findings of several kinds each kind has a line; names that were taken are shown once each."""
    kinds = {"tool": 7, "prompt": 1, "agent": 2}
    for folder in ("a", "b"):
        lines = [
            f"@catalog.{kind}\ndef {kind}{number}():\n    pass\n"
            for kind, most in kinds.items()
            for number in range(most)
        ]
        (project / "app" / folder).mkdir(parents=True)
        (project / "app" / folder / "m.py").write_text("import catalog\n" + "".join(lines))
    assert run_cli("scan", "./app").out == (
        "app: 20 new, 0 unchanged (2 files)\n"
        "  new      14 tools: tool0, tool1, tool2, tool3, tool4, …\n"
        "           4 agents: agent0, agent1, b/m/agent0, b/m/agent1\n"
        "           2 prompts: prompt0, b/m/prompt0\n"
        "           … --verbose shows all\n"
        "  clash    agent:agent0 is taken; also b/m/agent0\n"
        "  clash    agent:agent1 is taken; also b/m/agent1\n"
        "  clash    prompt:prompt0 is taken; also b/m/prompt0\n"
        "  clash    tool:tool0 is taken; also b/m/tool0\n"
        "  clash    tool:tool1 is taken; also b/m/tool1\n"
        "           … and 5 more (--verbose)\n"
        "           to swap names: catalog unregister tool:tool0\n"
        "           then: catalog rename tool:b/m/tool0 tool0\n"
    )


def test_an_unknown_target_is_a_no(run_cli) -> None:
    """A package that is not installed and no path ends with 1 and one line."""
    done = run_cli("scan", "no_such_package_anywhere")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("Error: ")


def test_refresh_looks_at_changed_sources(run_cli, plots) -> None:
    """A refresh adds what a scanned source has gained, and is silent where nothing changed."""
    run_cli("scan", "plots.py")
    assert run_cli("refresh") == (0, "", "nothing new: all sources are as they were\n")
    plots.write_text(plots.read_text() + '\n@catalog.tool\ndef second() -> str:\n    """Second."""\n')
    done = run_cli("refresh")
    assert (done.status, done.err) == (0, "")
    assert "1 new, 1 unchanged" in done.out
    assert "  new      tool:second\n" in done.out


def test_refresh_gives_programs_all_reports(run_cli, plots) -> None:
    """``--json`` gives an array of reports, the quiet ones included."""
    run_cli("scan", "plots.py")
    reports = run_cli("refresh", "--json").data
    assert str(plots) in [report["target"] for report in reports]
