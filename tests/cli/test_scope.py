"""The scope of a project on the command line."""

from __future__ import annotations


def test_a_project_looks_at_its_scope(run_cli, project) -> None:
    """With a scope, `ls`, `search` and `route` look at the project's share; `--source` names another, or all."""
    for name in ("mine", "other"):
        (project / f"{name}.py").write_text(
            f'import catalog\n\n@catalog.tool\ndef {name}():\n    """Draw a chart."""\n'
        )
        assert run_cli("scan", f"{name}.py").status == 0
    (project / "catalog.toml").write_text(f'[scope]\nsources = ["scan:{project}/mine.py"]\n')
    mine, other = "tool:mine\tDraw a chart.\t\tpersistent\n", "tool:other\tDraw a chart.\t\tpersistent\n"
    for command in (("ls",), ("search", "draw a chart")):
        assert run_cli(*command) == (0, mine, "")
        everything = run_cli(*command, "--source", "all")
        assert (everything.status, sorted(everything.out.splitlines(keepends=True))) == (0, [mine, other])
        assert run_cli(*command, "--source", f"scan:{project}/other.py") == (0, other, "")
    assert run_cli("search", "chart", "--distribution", "none").err == (
        "nothing found: entries match 'chart', but none of them passes the filters\n"
    )
    for more, names in (((), ["mine"]), (("--source", "all"), ["mine", "other"])):
        decision = run_cli("route", "draw a chart", "--kind", "tool", "--json", *more).data
        assert sorted(one["name"] for one in decision["candidates"]) == names
    (project / "catalog.toml").write_text('[scope]\nsources = ["scan:nowhere"]\n')
    assert run_cli("ls") == (
        1,
        "",
        "no such entry is in the scope of the configuration; --source all lists every source\n",
    )
    assert run_cli("search", "chart") == (
        1,
        "",
        "nothing found: no entry is in the scope of the configuration; --source all looks everywhere\n",
    )
    assert run_cli("route", "chart", "--kind", "tool").err.startswith(
        "there is no candidate of kind tool in the scope of the configuration"
    )
