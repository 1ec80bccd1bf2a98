"""Descriptions of which not all can be told by reading: what can be told is kept."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from catalog.discovery.scan import scan


def described(make: Any, text: str, **more: str) -> str:
    """Return the description of the agent that *text* makes."""
    folder = make({"pack/__init__.py": "", "pack/use.py": f"from agents import Agent\n{text}\n", **more})
    (found,) = [one for one in scan(folder / "pack").findings if one.kind == "agent"]
    return found.description


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ("f'Answer about {repo}.'", "Answer about {repo}."),
        ("f'Answer about {find(repo)}.'", "Answer about {find(repo)}."),
        ("f'Answer about {known}, {number}.'", "Answer about cats, 3."),
        ("'Be kind. ' + unknown()", "Be kind."),
        ("unknown + 'Be kind.'", "Be kind."),
        ("'Be %s.' % mood", "Be %s."),
        ("'Be {}.'.format(mood)", "Be {}."),
        ("wrapped('Be kind.')", "Be kind."),
        ("Wrapped(text='Be kind.')", "Be kind."),
        ("textwrap.dedent(f'''\n    Be {mood}.\n      Always.\n    ''')", "Be {mood}.\n  Always."),
        ("given or 'Be kind.'", "Be kind."),
        ("'Be kind.' if mood else None", "Be kind."),
        ("['Be kind.', f'Be {mood}.']", "Be kind.\nBe {mood}."),
        ("['Be kind.', 'Be short.']", "Be kind.\nBe short."),
        ("said()", "Be said."),
        ("with_a_choice()", "Be one."),
        ("instructions", "Tells what to do."),
        ("undocumented", "Be undocumented."),
        ("open('prompt.txt').read()", ""),
        ("os.getenv('PROMPT')", ""),
        ("unknown", ""),
        ("f'{mood}'", ""),
        ("None", ""),
    ],
)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_what_can_be_told_of_instructions_is_the_description(
    make: Any, instructions: str, expected: str, where: str
) -> None:
    """A text with placeholders, in part, of a function or of its docstring describes; what has no text does not."""
    names = """
        import os, textwrap
        known, number = "cats", 3
        def said(): return "Be said."
        def with_a_choice(x=1):
            if x:
                return "Be one."
            return "Be two."
        def instructions(context):
            "Tells what to do."
            return f"Do it, {context}"
        def undocumented(context): return "Be undocumented."
    """
    import textwrap

    written = textwrap.dedent(names)
    imported = (
        "import os, textwrap\nfrom pack.texts import instructions, known, number, said, undocumented, with_a_choice"
    )
    text = f"{written if where == 'here' else imported}\nx = Agent(name='x', instructions={instructions})"
    assert described(make, text, **{"pack/texts.py": written}) == expected
    assert "pack" not in sys.modules


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("def __init__(self): super().__init__(instructions=f'Serve {x}.')", "Serve {x}."),
        ("def __init__(self, text='Serve.'): super().__init__(instructions=text)", "Serve."),
        ("def __init__(self, *, text='Serve.'): super().__init__(instructions=text)", "Serve."),
        ("def __init__(self, text): super().__init__(instructions=text)", "Its docstring."),
    ],
)
def test_what_a_class_gives_to_its_base_describes_it(make: Any, init: str, expected: str) -> None:
    """Instructions that ``__init__`` hands on are the description, those of a parameter's default, too."""
    text = f"class Waiter(Agent):\n    'Its docstring.'\n    {init}"
    assert described(make, text) == expected


def test_a_text_that_leads_to_itself_ends(make: Any) -> None:
    """Texts and functions that name each other in a circle have what can be told of them."""
    text = "a = f'{b} a'\nb = f'{a} b'\ndef f(): return f()\nx = Agent(name='x', instructions='One. ' + f() + a)"
    assert described(make, text).startswith("One.")


def test_a_text_of_calls_that_are_given_each_other_ends(make: Any) -> None:
    """Each call names the one before three times, which trebles what there is to look at; the text is left open."""
    chain = "".join(f"t{number} = join({f't{number - 1}, ' * 3})\n" for number in range(1, 26))
    text = f"from elsewhere import join\nt0 = join(None)\n{chain}x = Agent(name='x', instructions=t25)"
    assert described(make, text) == ""
