"""Lists that hold each other, and tools made of tools made of tools: each is followed once."""

from __future__ import annotations

from typing import Any

from catalog.discovery.scan import scan


def test_lists_that_hold_each_other_are_followed_once(make: Any) -> None:
    """Twelve lists that each hold all others give an agent their functions, in the time of a list."""
    names = [f"LIST{number}" for number in range(12)]
    lists = [f"{name} = [tool{place}, {', '.join(f'*{other}' for other in names)}]" for place, name in enumerate(names)]
    functions = [f"def tool{place}(): 'Does it.'" for place in range(12)]
    agent = "from agents import Agent\nbob = Agent(name='bob', tools=[*LIST0])"
    found = scan(make({"rings.py": "\n".join([*functions, *lists, agent])}) / "rings.py").findings
    (bob,) = [each for each in found if each.kind == "agent"]
    expected = sorted(f"tool:tool{place}" for place in range(12))
    assert sorted(each.key for each in found if each.kind == "tool") == expected
    assert sorted(bob.metadata["references"]) == expected
