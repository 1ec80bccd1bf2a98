"""What a scan reads of prompt templates: their texts become description and placeholders."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.discovery.scan import scan

IMPORTS = """
from langchain_core.messages import SystemMessage
from langchain_core.prompts import *
from langchain_core.prompts import (
    ChatPromptTemplate, FewShotPromptTemplate, HumanMessagePromptTemplate, MessagesPlaceholder, PromptTemplate
)
from llama_index.core.prompts import PromptTemplate as IndexTemplate, RichPromptTemplate
from .texts import BODY
TEXT = 'Explain {topic} as {"a": 1}'
"""


@pytest.mark.parametrize(
    ("made", "description", "variables"),
    [
        ('PromptTemplate.from_template("Hello {name}")', "Hello {name}", ["name"]),
        ('PromptTemplate(template="Sum up {text}" " now", input_variables=["text"])', "Sum up {text} now", ["text"]),
        ("PromptTemplate.from_template(TEXT).partial(topic=1)", 'Explain {topic} as {"a": 1}', ["topic"]),
        ("PromptTemplate.from_template(BODY)", "From elsewhere {thing}", ["thing"]),
        ('PromptTemplate.from_template("{{ x }} {y}", template_format="jinja2")', "{{ x }} {y}", []),
        ('ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{q}")])', "Be kind.\n{q}", ["q"]),
        ('ChatPromptTemplate([{"role": "system", "content": "Be kind."}])', "Be kind.", []),
        (
            'ChatPromptTemplate.from_messages([SystemMessage(content="Be {how}."), MessagesPlaceholder("history"), '
            'HumanMessagePromptTemplate.from_template("{q}"), ("human", unknown())])',
            "Be {how}.\n{q}",
            ["how", "q"],
        ),
        (
            'FewShotPromptTemplate(examples=load(), prefix="Antonyms", suffix="Of {word}")',
            "Antonyms\nOf {word}",
            ["word"],
        ),
        ('IndexTemplate("Sum up {text}")', "Sum up {text}", ["text"]),
        ('PromptTemplate.from_file("a/file.txt")', "", []),
        ("PromptTemplate.from_template(load())", "", []),
        ('PromptTemplate.from_template("Hello {name}")\n"""Greets."""', "Greets.\n\nHello {name}", ["name"]),
    ],
)
def test_the_text_of_a_template_is_its_description(
    tmp_path: Path, made: str, description: str, variables: list[str]
) -> None:
    """Texts of a template or of messages, in order, are the description, and their placeholders the parameters."""
    package = tmp_path / "said"
    package.mkdir()
    (package / "__init__.py").write_text(f"{IMPORTS}\nPROMPT = {made}\n")
    (package / "texts.py").write_text('BODY = "From elsewhere {thing}"')
    (finding,) = scan(package).findings
    assert (finding.key, finding.description) == ("prompt:PROMPT", description)
    assert list((finding.parameters or {}).get("properties", ())) == variables


def test_how_placeholders_are_written_is_kept(tmp_path: Path) -> None:
    """``template_format`` goes into the metadata; the text itself does not."""
    made = 'PromptTemplate.from_template("Hi {{ x }}", template_format="jinja2")'
    (tmp_path / "said.py").write_text(f"{IMPORTS.replace('.texts', 'texts')}\nPROMPT = {made}\n")
    (finding,) = scan(tmp_path / "said.py").findings
    assert finding.metadata == {"template_format": "jinja2"}
