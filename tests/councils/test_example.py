"""``examples/council.py`` does what it says."""

from __future__ import annotations

from pathlib import Path

from factories import ROOT


def test_the_example_runs(run_python, tmp_path: Path) -> None:
    """The example judges, shows, resolves and runs a council, and prints exactly this."""
    folder = str(ROOT / "examples")
    code = (
        f"import runpy, sys; sys.path.insert(0, {folder!r}); "
        f"runpy.run_path({folder!r} + '/council.py', run_name='__main__')"
    )
    printed = run_python(code, cwd=tmp_path)
    assert printed.split("\nflowchart TD\n")[0].splitlines() == [
        "before the parts are there, and with a typing error:",
        "  default_profile: unknown_ref: no profile 'careful'",
        "  members.1.profile: unknown_ref: no profile 'chatty'",
        "  rounds.1.until_ref: unknown_ref: no tool 'agreed'",
        "  tools.0: unknown_ref: no tool 'count_word'; did you mean 'count_words'?",
        "with the parts: []",
        "providers: demo",
        "used by: ['council:review']",
        "editor:",
        "  model = demo/terse  (council, profile:careful)",
        "  temperature = 0.2  (council, profile:careful)",
        "  max_tokens = 200  (council, profile:careful)",
        "critic:",
        "  model = demo/wordy  (member, profile:chatty)",
        "  temperature = 0.5  (inline, profile_overrides)",
        "  max_tokens = 200  (council, profile:careful)",
        "input",
        "└─ → round independent_analysis",
        "   ├─ member editor (Editor)",
        "   │  └─ tool count_words",
        "   ├─ member critic (Critic, chatty)",
        "   │  └─ tool count_words",
        "   └─ → round iterate until tool:agreed",
        "      ├─ member editor (Editor) ↑",
        "      ├─ member critic (Critic, chatty) ↑",
        "      └─ ⇒ chair",
        "         ├─ tool count_words",
        "         └─ → output",
    ]
    assert printed.splitlines()[-2:] == [
        '    n6 -->|"feeds"| n7',
        "chair sums up: editor: 4 words; critic: The text runs to 4 words and shouts 5 letters.",
    ]
