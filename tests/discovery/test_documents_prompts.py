"""Prompt files: Prompty, Dotprompt, LangChain, Semantic Kernel, Jinja, BAML and folders for prompts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog import call
from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.picoschema import schema_of
from catalog.discovery.finding import Finding
from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]
Facts = dict[str, Any]


def found(folder: Path) -> list[Finding]:
    """Return what the documents in *folder* hold."""
    return [each for each in scan(folder).findings if each.form == "document"]


def facts(finding: Finding) -> Facts:
    """Return what matters of a prompt."""
    metadata = {word: value for word, value in finding.metadata.items() if word != "file"}
    return {
        "name": finding.name,
        "text": finding.spec,
        "description": finding.description,
        "parameters": finding.parameters,
        "line": finding.line,
        **metadata,
    }


def only(make: Make, files: Mapping[str, str]) -> Facts:
    """Return the facts of the one prompt in *files*."""
    [finding] = found(make(files))
    assert (finding.kind, finding.ref, finding.reason) == ("prompt", None, "")
    return facts(finding)


def faults(folder: Path) -> dict[str, str]:
    """Return why files were passed over."""
    return {Path(each.path).name: each.reason for each in scan(folder).skipped}


PROMPTY = """\
---
name: Order Help
description: Answers questions about orders.
metadata:
  authors: [bo]
  tags: [shop, orders]
  version: "2.0"
model:
  id: gpt-4o
  provider: foundry
  connection: {kind: key, endpoint: "https://x", apiKey: sk-1234567890abcdef}
  options: {temperature: 0.2, maxOutputTokens: 90, additionalProperties: {key: sk-1}}
inputs:
  - {name: customer, kind: string, default: Jane, description: Who asks.}
  - {name: orders, kind: array, required: true}
  - {name: question, kind: string, example: Where is it?}
tools:
  - {name: lookup, kind: function}
template:
  format: {kind: jinja2}
  parser: {kind: prompty}
---
system:
You help {{customer}}.{% for order in orders %}
{{order.id}}{% endfor %}

user:
{{question}}
"""


def test_prompty_of_the_second_version(make: Make) -> None:
    """Text, inputs, model and tags of a Prompty file become the entry; where the model is, and the key, do not."""
    pytest.importorskip("jinja2")
    text = "system:\nYou help {{customer}}.{% for order in orders %}\n{{order.id}}{% endfor %}\n\nuser:\n{{question}}\n"
    folder = make({"help.prompty": PROMPTY})
    [finding] = found(folder)
    assert facts(finding) == {
        "name": "Order Help",
        "text": text,
        "description": f"Answers questions about orders.\n\n{text.strip()}",
        "line": 23,
        "parameters": {
            "type": "object",
            "properties": {
                "customer": {"type": "string", "description": "Who asks.", "default": "Jane"},
                "orders": {"type": "array"},
                "question": {"type": "string", "examples": ["Where is it?"]},
            },
            "required": ["orders", "question"],
        },
        "template_format": "jinja2",
        "authors": ["bo"],
        "version": "2.0",
        "tools": ["lookup"],
        "model": "gpt-4o",
        "model_provider": "foundry",
        "model_options": {"temperature": 0.2, "maxOutputTokens": 90},
    }
    assert finding.tags == ("shop", "orders")


def test_prompty_of_the_first_version(make: Make) -> None:
    """The words of the first version mean the same; samples are examples, keys of the configuration are left out."""
    pytest.importorskip("jinja2")
    text = """\
        ---
        name: Basic Prompt
        description: A basic prompt.
        authors: [bo]
        tags: [basic]
        model:
          api: chat
          configuration: {type: azure_openai, azure_deployment: gpt-35, api_key: "${env:KEY}", organization: org-1}
          parameters: {max_tokens: 128, temperature: 0.2, tools: []}
        inputs:
          question: {type: string}
        sample:
          question: Who?
        ---
        system:
        Be brief.
        user:
        {{question}} {{hint}}
        """
    assert only(make, {"a/basic.prompty": text}) == {
        "name": "Basic Prompt",
        "text": "system:\nBe brief.\nuser:\n{{question}} {{hint}}\n",
        "description": "A basic prompt.\n\nsystem:\nBe brief.\nuser:\n{{question}} {{hint}}",
        "line": 15,
        "parameters": {
            "type": "object",
            "properties": {"hint": {}, "question": {"type": "string", "examples": ["Who?"]}},
            "required": ["hint", "question"],
        },
        "template_format": "jinja2",
        "authors": ["bo"],
        "model": "gpt-35",
        "model_provider": "azure_openai",
        "model_options": {"max_tokens": 128, "temperature": 0.2},
    }


def test_prompty_without_a_table(make: Make) -> None:
    """A Prompty file may be nothing but its text; the name is that of the file."""
    assert only(make, {"say.hi.prompty": "Say hi.\n"}) == {
        "name": "say",
        "text": "Say hi.\n",
        "description": "Say hi.",
        "line": 1,
        "parameters": None,
        "template_format": "jinja2",
    }


DOTPROMPT = """\
# A licence.

---
model: googleai/gemini-2.5-flash
config: {temperature: 0.7, apiKey: abc}
tools: [search]
input:
  schema:
    name: string, Who it is
    style?: string
    items(array, What is there): string
  default: {style: short}
output:
  schema: {title: string}
---
{{role "system"}}
Greet {{name}} {{style}}.
{{#each items}}
- {{this}}
{{/each}}
"""


def test_dotprompt(make: Make) -> None:
    """Picoschema becomes the parameters and the schema of the output; a file that begins with ``_`` is a part."""
    text = DOTPROMPT.partition("title: string}\n---\n")[2]
    assert only(make, {"greet.formal.prompt": DOTPROMPT, "_part.prompt": "part"}) == {
        "name": "greet.formal",
        "text": text,
        "description": text.strip(),
        "line": 16,
        "parameters": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Who it is"},
                "style": {"type": ["string", "null"], "default": "short"},
                "items": {"type": "array", "items": {"type": "string"}, "description": "What is there"},
            },
            "required": ["name", "items"],
        },
        "template_format": "handlebars",
        "model": "googleai/gemini-2.5-flash",
        "model_options": {"temperature": 0.7},
        "tools": ["search"],
        "output_schema": {
            "type": "object",
            "properties": {"title": {"type": "string"}},
            "additionalProperties": False,
            "required": ["title"],
        },
        "variant": "formal",
    }


def test_a_prompt_file_is_taken_and_filled_in(make: Make, url: str) -> None:
    """Taking the entry of a prompt file gives its text; calling it fills the text in, with the defaults of the file."""
    with open_catalog(url) as cat:
        cat.scan(make({"greet.prompt": DOTPROMPT}))
        text = cat["prompt:greet"]
        assert text == DOTPROMPT.partition("title: string}\n---\n")[2]
        filled = call(text, {"name": "Bo", "items": ["a", "b"]}, entry=cat.entry("prompt:greet"))
        assert filled == "system:\nGreet Bo short.\n- a\n- b\n"


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        (None, {}),
        ({"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ("string, a text, short", {"type": "string", "description": "a text, short"}),
        (
            {"kind(enum, which)": ["A", "B"], "more?(object)": {"x?": "any"}, "(*)": "number", "other": "Thing, it"},
            {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["A", "B"], "description": "which"},
                    "more": {"type": ["object", "null"], "properties": {"x": {}}, "additionalProperties": False},
                    "other": {"title": "Thing", "description": "it"},
                },
                "additionalProperties": {"type": "number"},
                "required": ["kind", "other"],
            },
        ),
    ],
)
def test_picoschema(written: Any, schema: Any) -> None:
    """Picoschema, and what is a JSON Schema already, are JSON Schemas."""
    assert schema_of(written) == schema


@pytest.mark.parametrize("written", [{"a": 1}, {"a(list)": "string"}, [1]])
def test_what_is_no_picoschema_is_said(written: Any) -> None:
    """Another form is refused in words."""
    with pytest.raises(DocumentFault, match="its schema"):
        schema_of(written)


def test_langchain_prompts(make: Make) -> None:
    """The three types that LangChain saves are read; of examples the braces stay, and roles stand before messages."""
    folder = make(
        {
            "a.yaml": "_type: prompt\ninput_variables: [topic]\ntemplate: |\n  Joke about {topic}.\n",
            "b.json": """{"_type": "few_shot", "name": "antonyms", "input_variables": ["word"], "prefix": "Opposites.",
                "example_prompt": {"_type": "prompt", "template": "{a} is not {b}"},
                "examples": [{"a": "{hot}", "b": "cold"}], "suffix": "{word} is not"}""",
            "c.json": """{"_type": "chat", "input_variables": ["q"], "messages": [
                {"prompt": {"template": "Be kind."}, "id": ["langchain", "SystemMessagePromptTemplate"]},
                {"role": "user", "content": "{q}"}]}""",
            "other.json": '{"_type": "prompt2", "template": "{x}"}',
            "path.yaml": "_type: prompt\ntemplate_path: t.txt\n",
        }
    )

    def needs(name: str) -> dict[str, Any]:
        return {"type": "object", "required": [name], "properties": {name: {}}}

    assert [(each.name, each.spec, each.parameters) for each in found(folder)] == [
        ("a", "Joke about {topic}.\n", needs("topic")),
        ("antonyms", "Opposites.\n\n{{hot}} is not cold\n\n{word} is not", needs("word")),
        ("c", "system:\nBe kind.\n\nuser:\n{q}", needs("q")),
    ]
    assert faults(folder) == {
        "path.yaml": "langchain: its text is in another file, which the form allows and a scan does not follow"
    }


def test_semantic_kernel_prompts(make: Make) -> None:
    """A folder is called as it is, and ``config.json`` says the rest; a function in YAML holds its template."""
    folder = make(
        {
            "Fun/Joke/skprompt.txt": "A {{$style}} joke about {{$input}}.",
            "Fun/Joke/config.json": """{"schema": 1, "description": "Makes a joke.",
                "execution_settings": {"default": {"max_tokens": 9, "service_id": "x"}},
                "input_variables": [{"name": "style", "description": "How", "default": "dry"}]}""",
            "Bare/skprompt.txt": "Sum up {{$input}}",
            "story.yaml": """\
                name: Story
                template: Tell of {{topic}}.
                template_format: handlebars
                input_variables: [{name: topic, is_required: true}]
                execution_settings: {one: {model_id: gpt-4}}
                """,
            "agent.yaml": "template_format: handlebars\ntemplate: {format: x}\nname: other\n",
        }
    )
    assert [facts(each) for each in found(folder)] == [
        {
            "name": "Bare",
            "text": "Sum up {{$input}}",
            "description": "Sum up {{$input}}",
            "line": 1,
            "parameters": {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]},
            "template_format": "semantic-kernel",
        },
        {
            "name": "Joke",
            "text": "A {{$style}} joke about {{$input}}.",
            "description": "Makes a joke.\n\nA {{$style}} joke about {{$input}}.",
            "line": 1,
            "parameters": {
                "type": "object",
                "properties": {"style": {"description": "How", "default": "dry"}, "input": {"type": "string"}},
                "required": ["input"],
            },
            "template_format": "semantic-kernel",
            "model_options": {"max_tokens": 9},
        },
        {
            "name": "Story",
            "text": "Tell of {{topic}}.",
            "description": "Tell of {{topic}}.",
            "line": 1,
            "parameters": {"type": "object", "properties": {"topic": {}}, "required": ["topic"]},
            "template_format": "handlebars",
            "model": "gpt-4",
        },
    ]


def test_texts_in_folders_for_prompts(make: Make) -> None:
    """Texts in folders for prompts are prompts; documentation, pages and programs are none, nor texts elsewhere."""
    folder = make(
        {
            "app/prompts/greet.md": "Greet {name}.",
            "app/prompts/deep/sum.txt": "Sum up {{ text }} in {% if short %}a word{% endif %}.",
            "app/prompts/named.md": "---\nname: titled\ndescription: What it does.\n---\nDo it.\n",
            "app/prompts/README.md": "About prompts.",
            "app/prompts/page.md": "---\nlayout: post\n---\nWhat prompts are.\n",
            "app/prompts/empty.txt": " \n",
            "app/prompts/page.txt": "<!DOCTYPE html>",
            "docs/prompts/how.md": "How to write prompts.",
            "app/notes/greet.md": "Greet {name}.",
        }
    )
    in_jinja = "Sum up {{ text }} in {% if short %}a word{% endif %}."
    findings = sorted(found(folder), key=lambda each: each.name)
    said = [(each.name, each.spec, each.description, each.metadata.get("template_format")) for each in findings]
    assert said == [
        ("greet", "Greet {name}.", "Greet {name}.", None),
        ("sum", in_jinja, in_jinja, "jinja2"),
        ("titled", "Do it.\n", "What it does.\n\nDo it.", None),
    ]


@pytest.mark.parametrize(
    ("place", "text", "name"),
    [
        ("prompts/a.jinja2", "Translate {{ x }}", "a"),
        ("prompts/a.md.j2", "Translate {{ x }}", "a"),
        ("templates/system_prompt.jinja", "{{ rules }}", "system_prompt"),
        ("agents/templates/x.j2", "{# who #}\n{% set a = 1 %}\nYou are a {{ role }}.", "x"),
        ("flows/sum.jinja2", "# system:\nPlease sum up {{ x }}", "sum"),
        ("config/user.j2", "user: {{ name }}\n", None),
        ("templates/page.html.j2", "You are here: {{ x }}", None),
        ("templates/x.j2", "<html>You are {{ x }}", None),
        ("roles/nginx/templates/nginx.conf.j2", "server { listen {{ port }}; }", None),
        ("k8s/deploy.j2", "apiVersion: v1\nkind: {{ kind }}", None),
        ("prompts/index.html.jinja2", "{{ x }}", None),
        ("templates/chat_template.jinja", "You are {{ x }}", None),
        ("templates/Dockerfile.jinja2", "FROM {{ x }}", None),
    ],
)
def test_jinja_templates_that_are_prompts(make: Make, place: str, text: str, name: str | None) -> None:
    """A Jinja template is a prompt by its folder, its name, or how it begins; one of a page or a program is none."""
    assert [each.name for each in found(make({place: text}))] == ([] if name is None else [name])


BAML = """\
class Resume { name string }

/// Reads a résumé.
/// Nothing is made up.
function Extract(text: string, pages: int[], how: "a" | "b", deep: map<string, int>?) -> Resume {
  client "openai/gpt-4o"  // fast
  prompt #"
    {{ _.role("user") }}
    Read: {{ text }} { // no comment }
    {{ ctx.output_format }}
  "#
}

// function Old(x: string) -> string { prompt #"x"# }
function NoPrompt(x: string) -> string { client GPT4 }
template_string Greet(name: string) #"Hi {{ name }}"#
test t { functions [Extract] args { text #"function Fake(x: string) -> string { prompt "y" }"# } }
function Short(x: string) -> string { client GPT4 prompt "say \\"{{ x }}\\"" }
"""


def test_baml_functions(make: Make) -> None:
    """Functions with a prompt are read: name, parameters, the comment above, client; what stands in texts is not."""
    folder = make({"src/resume.baml": BAML})
    assert [facts(each) for each in found(folder)] == [
        {
            "name": "Extract",
            "text": '{{ _.role("user") }}\nRead: {{ text }} { // no comment }\n{{ ctx.output_format }}',
            "description": "Reads a résumé.\nNothing is made up.\n\n"
            '{{ _.role("user") }}\nRead: {{ text }} { // no comment }\n{{ ctx.output_format }}',
            "line": 5,
            "parameters": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "pages": {"type": "array", "items": {"type": "integer"}},
                    "how": {"title": '"a" | "b"'},
                    "deep": {"type": "object"},
                },
                "required": ["text", "pages", "how"],
            },
            "template_format": "baml",
            "model": "openai/gpt-4o",
            "returns": "Resume",
        },
        {
            "name": "Short",
            "text": 'say \\"{{ x }}\\"',
            "description": 'say \\"{{ x }}\\"',
            "line": 18,
            "parameters": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
            "template_format": "baml",
            "model": "GPT4",
            "returns": "string",
        },
    ]


@pytest.mark.parametrize(
    ("file", "data", "reason"),
    [
        ("a.prompty", b"---\nname: [\n---\nx", "prompty: it is not YAML"),
        ("a.prompty", b"---\nname: x\n", "prompty: it begins with `---`, and no line of `---` ends that part"),
        ("a.prompt", b"\xff\xfe\x00", "dotprompt: it is"),
        ("a.prompt", b"---\ninput: {schema: {a: 1}}\n---\nx", "dotprompt: its schema holds 1"),
        ("a.prompt", b"---\nmodel: m\n---\n", "dotprompt: it has no text"),
        ("a.json", b'{"_type": "prompt", "template": ', "langchain: it is not JSON"),
        (
            "a.yaml",
            b"_type: prompt\ntemplate: !!python/object/apply:os.system [ls]",
            "langchain: it is not YAML",
        ),
        ("x/skprompt.txt", b"\x80", "semantic-kernel: it is not UTF-8"),
    ],
)
def test_broken_prompt_files_harm_only_themselves(make: Make, file: str, data: bytes, reason: str) -> None:
    """A broken file is named with the reason, and the one beside it is found."""
    folder = make({file: data, "good.prompt": "Fine."})  # type: ignore[dict-item]
    assert [each.name for each in found(folder)] == ["good"]
    [(name, said)] = faults(folder).items()
    assert (name, said[: len(reason)]) == (file.rpartition("/")[2], reason)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("baml", "#" * 500_000),
        ("baml", '"' * 200_000),
        ("baml", '##"' * 100_000),
        ("dotprompt", "#\n" * 300_000),
        ("dotprompt", "{{#a}}" * 100_000),
        ("prompt_text", "{#" * 300_000),
        ("prompt_text", "{{ a" * 100_000),
        ("prompty", "{{" * 300_000),
    ],
)
def test_hostile_texts_are_read_in_time(reader: str, text: str) -> None:
    """A text made to be slow to read is read, or passed over, soon."""
    from importlib import import_module

    document = Document(f"/x/prompts/a.{reader}.j2", f"prompts/a.{reader}.j2", text.encode())
    begun = time.perf_counter()
    items = list(import_module(f"catalog.discovery.documents.{reader}").read(document))
    assert (len(items) <= 1, time.perf_counter() - begun < 10) == (True, True)
