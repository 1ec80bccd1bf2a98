"""The JSON Schema of what functions and tool classes are called with."""

from __future__ import annotations

import ast
import sys
import typing
from typing import Any

import pydantic
import pytest

from catalog.source.docstrings import parameter_texts, summary
from catalog.source.names import names_of
from catalog.source.parameters import parameters_schema


def schema(text: str, docstring: str = "") -> dict[str, Any]:
    """Return the schema of the last statement of *text*, with the names of all of it."""
    tree = ast.parse(text)
    node: Any = tree.body[-1]
    return parameters_schema(node, docstring, names_of(tree.body))


def of_type(annotation: str, before: str = "") -> dict[str, Any]:
    """Return the schema of one annotation."""
    found: dict[str, Any] = schema(f"{before}\ndef f(x: {annotation}): ...")["properties"]["x"]
    return found


def test_a_function() -> None:
    """Required are the parameters without a default; ``self``, ``*args`` and what frameworks inject are left out."""
    text = (
        "def f(self, ctx: RunContext[Deps], a: int, b: 'str' = 'x', *args, c: float | None = None, "
        "state: Annotated[dict, InjectedState], m: Optional[CallbackManagerForToolRun] = None, "
        "d=Depends(g), **rest): ..."
    )
    assert schema(text) == {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "string", "default": "x"},
            "c": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        },
        "required": ["a"],
        "additionalProperties": True,
    }


def test_a_function_without_parameters() -> None:
    """Nothing to give is an object without properties, and nothing is required."""
    assert schema("def f(): ...") == {"type": "object", "properties": {}}


PLAIN = [
    "int",
    "str",
    "float",
    "bool",
    "None",
    "bytes",
    "Any",
    "list",
    "dict",
    "list[int]",
    "typing.List[str]",
    "dict[str, int]",
    "dict[str, Any]",
    "tuple[int, str]",
    "tuple[int, ...]",
    "set[int]",
    "frozenset[str]",
    "typing.Sequence[float]",
    "typing.Mapping[str, bool]",
    "typing.Optional[int]",
    "typing.Union[int, str, None]",
    "int | str",
    "list[dict[str, list[int]]] | None",
    "typing.Literal['a', 'b']",
    "typing.Literal['a']",
    "typing.Literal[1, 2]",
    "typing.Literal['a', 1]",
    "typing.Annotated[int, pydantic.Field(ge=1, le=5, description='How many.')]",
    "typing.Annotated[str, pydantic.Field(min_length=2, pattern='^a')]",
    "typing.Annotated[list[int], pydantic.Field(max_length=2)]",
    "datetime.datetime",
    "datetime.date",
    "uuid.UUID",
    "pathlib.Path",
    "decimal.Decimal | None",
]


@pytest.mark.parametrize("annotation", PLAIN)
def test_plain_types_read_as_pydantic_has_them(annotation: str) -> None:
    """Read from the source, an annotation has the schema that pydantic makes of the live type."""
    import datetime
    import decimal
    import pathlib
    import uuid

    scope = {"typing": typing, "Any": Any, "pydantic": pydantic, "datetime": datetime}
    scope |= {"uuid": uuid, "pathlib": pathlib, "decimal": decimal}
    live = pydantic.TypeAdapter(eval(annotation, scope)).json_schema()
    found = of_type(annotation)
    if "Decimal" in annotation:  # pydantic adds the pattern of a number's text
        for part in live["anyOf"]:
            part.pop("pattern", None)
    assert found == live


MODELS = '''
class Color(Enum):
    """Colours."""
    red = "r"
    green = "g"

class Level(IntEnum):
    low = auto()
    high = auto()

class Mixed(Enum):
    a = compute()

class Point(BaseModel):
    """A place.

    More.
    """
    x: int
    y: "int" = 0
    label: str = Field(..., description="What to  call it.")
    tags: list[str] = Field(default_factory=list)
    near: Optional["Point"] = None

class Far(Point):
    z: float

class Options(TypedDict, total=False):
    a: Required[int]
    b: str

class Settings(TypedDict):
    a: int
    b: NotRequired[str]

@dataclass
class Box:
    width: int
    height: int = 2

class Other: ...
UserId = NewType("UserId", int)
Vector = list[float]
T = TypeVar("T")
'''


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Color", {"enum": ["r", "g"], "type": "string"}),
        ("Level", {"enum": [1, 2], "type": "integer"}),
        ("Mixed", {"x-python-type": "Mixed"}),
        ("UserId", {"type": "integer"}),
        ("Vector", {"type": "array", "items": {"type": "number"}}),
        ("T", {}),
        ("Other", {"x-python-type": "Other"}),
        ("pandas.DataFrame", {"x-python-type": "pandas.DataFrame"}),
        ("'DataFrame'", {"x-python-type": "DataFrame"}),
        ("Callable[[int], str]", {"x-python-type": "Callable[[int], str]"}),
        ("type[Other]", {"x-python-type": "type[Other]"}),
        ("list['DataFrame']", {"type": "array", "items": {"x-python-type": "DataFrame"}}),
        ("Annotated[str, 'The  name.']", {"type": "string", "description": "The name."}),
        ("Annotated[int, Ge(1)]", {"type": "integer", "minimum": 1}),
        ("Annotated[str, Doc('It.')]", {"type": "string", "description": "It."}),
        (
            "Options",
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a"],
            },
        ),
        (
            "Settings",
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a"],
            },
        ),
        (
            "Box",
            {
                "type": "object",
                "properties": {"width": {"type": "integer"}, "height": {"type": "integer", "default": 2}},
                "required": ["width"],
            },
        ),
    ],
)
def test_classes_of_the_same_file_are_explained(annotation: str, expected: dict[str, Any]) -> None:
    """Enums, models, typed dictionaries, dataclasses and aliases of the file are read; others are named."""
    assert of_type(annotation, MODELS) == expected


def test_a_model_of_the_same_file_is_written_out() -> None:
    """A model that contains itself is written out once, and named within itself."""
    found = of_type("Far", MODELS)
    assert found["properties"]["near"] == {
        "anyOf": [{"x-python-type": "Point"}, {"type": "null"}],
        "default": None,
    }
    assert found["properties"]["label"] == {"type": "string", "description": "What to call it."}
    assert found["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert found["required"] == ["x", "label", "z"]


def test_types_that_contain_themselves_stay_small() -> None:
    """Models and aliases that name themselves many times don't grow without bounds."""
    text = "Json = dict[str, 'Json'] | list['Json'] | tuple['Json', 'Json']\n"
    text += "class A(BaseModel):\n" + "".join(f" x{n}: 'A | B | C'\n" for n in range(9))
    text += "class B(A):\n y: 'C'\nclass C(B):\n z: 'A'\nclass D(D): ...\n"
    assert len(str(of_type("A", text))) < 20_000
    assert len(str(of_type("C", text))) < 20_000
    assert len(str(of_type("Json", text))) < 500
    assert of_type("D", text) == {"x-python-type": "D"}


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("1", {"default": 1}),
        ("-1.5", {"default": -1.5}),
        ("(1, 'a')", {"default": [1, "a"]}),
        ("{'a': [None, True]}", {"default": {"a": [None, True]}}),
        ("Field(3, description='N.')", {"default": 3, "description": "N."}),
        ("Field(default=3, gt=0)", {"default": 3, "exclusiveMinimum": 0}),
        ("compute()", {}),
        ("CONSTANT", {}),
        ("b'x'", {}),
        ("1e999", {}),
        ("{1: 2}", {}),
        ("-True", {}),
        ("'\\ud800'", {}),
    ],
)
def test_defaults_that_json_can_hold_are_kept(default: str, expected: dict[str, Any]) -> None:
    """A default is part of the schema if it is a literal; in any case the parameter isn't required."""
    assert schema(f"def f(x={default}): ...") == {"type": "object", "properties": {"x": expected}}


def test_an_ellipsis_makes_a_parameter_required() -> None:
    """``...`` as a default says that there is none."""
    assert schema("def f(x: int = Field(...), y: int = ...): ...")["required"] == ["x", "y"]


GOOGLE = "Do.\n\nArgs:\n    a (int): the first\n        one.\n    *b: others.\n\nReturns:\n    c: no parameter"
NUMPY = (
    "Do.\n\nParameters\n----------\na : int\n    the first\n    one.\n*b\n    others.\n\nReturns\n-------\nint\n    c"
)
SPHINX = "Do.\n\n:param int a: the first\n    one.\n:param b: others.\n:returns: c"


@pytest.mark.parametrize("docstring", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_each_style_of_docstring_is_read(docstring: str) -> None:
    """Google, numpy and sphinx docstrings give the same descriptions."""
    assert parameter_texts(docstring) == {"a": "the first one.", "b": "others."}
    found = schema("def f(a, c: Annotated[int, 'from the code'] = 1): ...", docstring)
    assert found["properties"]["a"] == {"description": "the first one."}
    assert found["properties"]["c"]["description"] == "from the code"


@pytest.mark.parametrize(
    "docstring", ["", "Do.", "Do: a thing.\n\nArgs are good.", "Args:", ":param", "Parameters\n---"]
)
def test_a_docstring_without_parameters_has_none(docstring: str) -> None:
    """Prose that mentions arguments describes none, and empty sections are no fault."""
    assert parameter_texts(docstring) == {}


def test_griffe_is_imported_only_for_docstrings_that_describe_parameters() -> None:
    """A docstring without a section of parameters doesn't cost the import of a parser."""
    import subprocess

    code = (
        "import sys; from catalog.source.docstrings import parameter_texts; parameter_texts('Do.'); "
        "print('griffe' in sys.modules, 'inspect' in sys.modules and 'pydantic' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "False False\n"


@pytest.mark.parametrize(
    ("docstring", "line"),
    [("", ""), ("One.", "One."), ("  One\n  goes on.\n\n  Two.", "One goes on."), ("\n\nLate.\n", "Late.")],
)
def test_the_summary_is_the_first_paragraph(docstring: str, line: str) -> None:
    """The first paragraph as one line is what a docstring says in short."""
    assert summary(docstring) == line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "class In(BaseModel):\n q: str\n"
            "class A(BaseTool):\n args_schema: Type[BaseModel] = In\n def _run(self, z): ...",
            {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
        ),
        (
            "class A(Tool):\n inputs = {'q': {'type': 'string', 'description': 'D.'}, 'n': {'type': 'integer', "
            "'nullable': True}, 'o': {'type': 'any', 'description': 'E.'}}\n def forward(self, q, n=None, o=1): ...",
            {
                "type": "object",
                "properties": {
                    "q": {"type": "string", "description": "D."},
                    "n": {"type": "integer"},
                    "o": {"description": "E."},
                },
                "required": ["q", "o"],
            },
        ),
        (
            "class A(BaseTool):\n name: str = 'a'\n k: int = 1\n def _run(this, q: str, run_manager: "
            "Optional[CallbackManagerForToolRun] = None): ...",
            {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
        ),
        (
            "class A:\n @staticmethod\n def run(q): ...",
            {"type": "object", "properties": {"q": {}}, "required": ["q"]},
        ),
        (
            "class A:\n def __init__(self, q: int): ...",
            {"type": "object", "properties": {"q": {"type": "integer"}}, "required": ["q"]},
        ),
        (
            "class A(BaseModel):\n q: int = 1",
            {"type": "object", "properties": {"q": {"type": "integer", "default": 1}}},
        ),
    ],
)
def test_a_class_is_called_as_its_framework_calls_it(text: str, expected: dict[str, Any]) -> None:
    """A declared schema counts first, then the method a framework calls, then ``__init__``, then the fields."""
    assert schema(text) == expected


def test_the_docstring_of_a_model_describes_its_fields() -> None:
    """Fields without a description of their own take the one of the class docstring."""
    text = "class A(BaseModel):\n q: int\n r: int = Field(description='own')"
    found = schema(text, "A.\n\nAttributes:\n    z: no.\n\nArgs:\n    q: theirs.\n    r: not this.")
    assert found["properties"] == {
        "q": {"type": "integer", "description": "theirs."},
        "r": {"type": "integer", "description": "own"},
    }
