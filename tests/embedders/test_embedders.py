"""What every embedder promises, and that the default one equals the package whose files it reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.embedders.base import Checked, Embedder, unit_rows
from catalog.embedders.files import package_dir, tensors
from catalog.embedders.hashed import HashEmbedder
from catalog.embedders.pieces import Pieces
from catalog.embedders.wordllama import WordLlamaEmbedder, shared
from catalog.errors import EmbedderError, MissingExtraError

TEXTS = [
    "draw a picture from a table",
    "create_scatter",
    "",
    "   \n",
    "😀",
    "\x00\x01",
    "绘制散点图",
    "ارسم مخططا",
    "a\ud800b",
    "x" * 50_000,
    "</s> <unk>",
]


@pytest.fixture(scope="module", params=["wordllama", "hash"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Each of the embedders that need no download, in turn."""
    return shared() if request.param == "wordllama" else HashEmbedder()


def test_rows_are_of_length_one_or_zero(embedder: Embedder) -> None:
    """Whatever the texts, rows are float32, finite, of the promised width, and 1 or 0 long."""
    rows = embedder.encode(TEXTS)
    lengths = np.linalg.norm(rows, axis=1)
    assert (rows.dtype, rows.shape, bool(np.isfinite(rows).all())) == (np.float32, (len(TEXTS), embedder.width), True)
    assert bool(np.all((lengths == 0) | (np.abs(lengths - 1) < 1e-5)))


def test_blank_texts_have_no_vector(embedder: Embedder) -> None:
    """Nothing, spaces and line ends give rows of zeros; a word does not."""
    assert [bool(row.any()) for row in embedder.encode(["", " \t\n ", "word"])] == [False, False, True]


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    """An empty list gives an array of no rows and the right width."""
    assert embedder.encode([]).shape == (0, embedder.width)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    """Texts together and one by one have the same vectors."""
    alone = np.vstack([embedder.encode([text]) for text in TEXTS])
    assert float(np.abs(alone - embedder.encode(TEXTS)).max()) < 1e-6


def test_likeness_orders_texts(embedder: Embedder) -> None:
    """A text about charts is nearer to a request for a chart than one about mail is."""
    query, near, far = embedder.encode(["draw a scatter chart", "Draw a scatter plot from columns.", "Send an email."])
    assert float(query @ near) > float(query @ far)


def test_fits_the_protocol(embedder: Embedder) -> None:
    """The embedders are what the protocol describes, and their names are short."""
    assert (isinstance(embedder, Embedder), 0 < len(embedder.name) <= 200) == (True, True)


@settings(max_examples=some(300), deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["<s>", "</s>", "▁", " ", "  ", "the", "aaa", "<0x0A>"])).map("".join)
)
def test_pieces_are_those_of_the_tokenizers_package(text: str) -> None:
    """Any text falls into the pieces that the package `tokenizers` cuts it into."""
    assert shared().pieces.ids(text) == TOKENIZER.encode(text, add_special_tokens=False).ids


@settings(max_examples=some(300), deadline=None)
@given(
    st.text(max_size=60)
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.lists(st.sampled_from(["<s>", "</s>", "▁", " ", "  ", "the", "aaa", "<0x0A>", "\ud800", "🙂"])).map("".join)
)
def test_new_words_fall_into_the_same_pieces_once_there_were_many(text: str) -> None:
    """Whoever has met ten thousand new words gets the same pieces, halves of surrogate pairs included."""
    assert (IMPATIENT.ids(text), IMPATIENT.model is not None) == (PATIENT.ids(text), True)


def test_many_new_words_bring_the_tokenizers_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is loaded when new words were many, and not before; without it, all goes on as it did."""
    pieces = Pieces.read(VOCABULARY)
    pieces.patience = 3
    texts = ["qwe rty", "uio", "qwe rty uio", "asd", "fgh"]
    assert [(pieces.ids(text), pieces.model is None)[1] for text in texts] == [True, True, True, False, False]
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    without = Pieces.read(VOCABULARY)
    without.patience = 0
    assert [without.ids(text) for text in texts] == [pieces.ids(text) for text in texts]
    assert without.model is None


def _tokenizer() -> object:
    tokenizers = pytest.importorskip("tokenizers")
    folder = package_dir("wordllama", extra=None, install="")
    return tokenizers.Tokenizer.from_file(f"{folder}/tokenizers/l2_supercat_tokenizer_config.json")


TOKENIZER = _tokenizer()
VOCABULARY = f"{package_dir('wordllama', extra=None, install='')}/tokenizers/l2_supercat_tokenizer_config.json"
PATIENT, IMPATIENT = Pieces.read(VOCABULARY), Pieces.read(VOCABULARY)
PATIENT.patience, IMPATIENT.patience = 1 << 40, 0
IMPATIENT.ids("new")


def test_wordllama_equals_the_package() -> None:
    """The vectors are those of the package itself, to a cosine of 1 within a millionth."""
    code = (
        "import sys, json, wordllama; from pathlib import Path; from wordllama import WordLlama;"
        "m = WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True);"
        "print(json.dumps(m.embed(json.loads(sys.argv[1]), norm=True).tolist()))"
    )
    import json

    texts = ["draw a picture", "create_scatter", "绘制散点图 😀", "</s> a  b\n", "Zoë's naïve café " * 30]
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(texts)], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    theirs = np.array(json.loads(done.stdout.splitlines()[-1]))
    ours = shared().encode(texts)
    assert float(np.abs(1 - np.einsum("ij,ij->i", theirs, ours)).max()) < 1e-6


def test_the_default_imports_nothing_heavy() -> None:
    """Loading the default embedder and encoding imports numpy, and neither wordllama nor tokenizers."""
    code = (
        "import sys, catalog.embedders.choose as c; assert 'numpy' not in sys.modules;"
        "c.choose().encode(['x']); print([m for m in "
        "('numpy', 'wordllama', 'tokenizers', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['numpy']"


def test_missing_package_names_the_way_to_it(tmp_path: Path) -> None:
    """A package that is not there is an error that says how to install it, and a broken file one that names it."""
    with pytest.raises(MissingExtraError, match="pip install none"):
        package_dir("no_such_package_here", extra=None, install="pip install none")
    with pytest.raises(EmbedderError, match=r"weights"):
        WordLlamaEmbedder(str(tmp_path))
    (tmp_path / "cut").write_bytes(b"\xff" * 20)
    with pytest.raises(EmbedderError, match=r"cut can't be read as weights"):
        tensors(str(tmp_path / "cut"))


def test_hashes_are_the_same_everywhere() -> None:
    """The vector of a text is fixed: another Python or machine gives the same numbers."""
    row = HashEmbedder(8).encode(["Draw scatter plots"])[0]
    assert [round(float(x), 4) for x in row] == HASHED


HASHED = [-0.1017, 0.5381, 0.1345, 0.2691, -0.7055, 0.1017, 0.1017, -0.3019]


class Odd:
    name = "odd"
    width = 2

    def __init__(self, rows: object) -> None:
        self.rows = rows

    def encode(self, texts: object) -> object:
        if isinstance(self.rows, Exception):
            raise self.rows
        return self.rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1.0, float("nan")]], "not finite"),
        ([[1.0, float("inf")]], "not finite"),
        ([[1.0, 2.0, 3.0]], "shape"),
        ([[1.0, 2.0], [1.0, 2.0]], "shape"),
        ("words", "no array of numbers"),
        (None, "shape"),
        (RuntimeError("broken"), "RuntimeError: broken"),
    ],
)
def test_what_does_not_fit_is_refused(rows: object, said: str) -> None:
    """An embedder of the user's that fails or gives something else is an error that names it, never a vector."""
    with pytest.raises(EmbedderError, match=said) as error:
        Checked(Odd(rows)).encode(["text"])  # type: ignore[arg-type]
    assert error.value.facts["embedder"] == "odd"


def test_rows_are_made_to_fit() -> None:
    """Rows of any length become unit rows, tiny and huge ones included; zeros stay; blank texts are not shown."""
    rows = unit_rows([[3, 4], [0, 0], [1e-30, 0], [3e38, 3e38]], 4, 2, "x")
    assert np.allclose(rows, [[0.6, 0.8], [0, 0], [1, 0], [0.5**0.5, 0.5**0.5]])
    assert Checked(Odd([[0.0, 2.0]])).encode(["", "a", " "]).tolist() == [[0, 0], [0, 1], [0, 0]]  # type: ignore[arg-type]
