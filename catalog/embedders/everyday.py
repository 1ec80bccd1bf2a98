"""Everyday prompts, each about something else: how similar texts are that have nothing to do with each other.

That depends on the embedder and on how wide the texts of a catalog reach, so it is measured with both wherever a weak
match has to be told from none. A few of the prompts may well fit an entry; being a few of many, they hardly matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.embedders.base import Embedder

PROMPTS = (
    "what is the capital of peru", "write a poem about rain", "who won the match yesterday", "how do i bake bread",
    "translate this sentence into french", "tell me a joke", "how tall is the eiffel tower",
    "is it going to snow tomorrow", "book a table for two at eight", "what should i wear to the wedding",
    "play some quiet music", "my back hurts when i sit", "how do plants make oxygen", "fix the bug in this function",
    "summarise the attached report", "when does the shop close on sunday", "send a message to my sister",
    "what does this word mean", "find a cheap flight to rome", "how do i get a stain out of wool",
    "explain quantum physics to a child", "remind me to call the dentist", "what is the square root of 144",
    "recommend a good book", "draw a picture of a cat", "why is the sky blue", "how much does a new car cost",
    "help me plan a birthday party", "convert ten miles to kilometres", "who painted the mona lisa",
    "i forgot my password", "show me the latest news", "is this mushroom safe to eat",
    "write a cover letter for a nurse", "what time is it in tokyo", "how do i train a puppy",
    "give me a recipe for soup", "delete the old files", "what are the rules of chess",
    "how many people live in brazil", "make this text shorter", "the printer does not work",
    "where can i park near the station", "what is a good gift for my father", "sort this list by date",
    "how do vaccines work", "turn off the lights in the kitchen", "which team plays tonight",
    "create a chart of the sales", "how do i file my taxes", "what happened in 1989", "is my order on its way",
    "name three rivers in africa", "how can i sleep better", "run the tests again", "what is the meaning of life",
    "check the spelling of this letter", "how long do i boil an egg", "open the front door",
    "what is the price of gold", "compare these two phones", "how do i tie a tie", "thank you very much",
    "can you hear me",
)  # fmt: skip


def embedded(embedder: Embedder, width: int) -> NDArray[np.float32]:
    """Return the vectors of :data:`PROMPTS`: (prompts, *width*) unit rows. A server is asked once in a process.

    Raises:
        EmbedderError: the embedder failed.
    """
    key = embedder.name, width
    vectors = _known.get(key)
    if vectors is None:
        if len(_known) >= _MOST:
            _known.clear()
        vectors = _known[key] = embedder.encode(PROMPTS)
    return vectors


_MOST = 8  # embedders whose vectors are remembered; a process uses few
_known: dict[tuple[str, int], NDArray[np.float32]] = {}
