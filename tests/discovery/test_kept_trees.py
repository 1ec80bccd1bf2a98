"""The trees that a scan keeps: those asked for last, within a limit."""

from __future__ import annotations

import ast

from catalog.discovery.outside import Trees


def test_the_tree_asked_for_longest_ago_makes_room() -> None:
    """Being asked for counts as being kept anew."""
    trees, tree = Trees(most=20), ast.parse("")
    trees.keep("a", tree, 10)
    trees.keep("b", tree, 10)
    assert trees.get("a") is tree
    trees.keep("c", tree, 10)
    assert [trees.get(path) is not None for path in "abc"] == [True, False, True]


def test_a_file_larger_than_the_limit_is_not_kept() -> None:
    """It would drive out all others."""
    trees, tree = Trees(most=20), ast.parse("")
    trees.keep("a", tree, 10)
    trees.keep("b", tree, 21)
    assert [trees.get(path) is not None for path in "ab"] == [True, False]
