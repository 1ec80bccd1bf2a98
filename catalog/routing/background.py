"""How near prompts about anything come to candidates: what tells a weak match from none before there are examples.

How high similarities of unrelated texts are depends on the embedder and on how wide the candidates' texts reach, so it
is measured with both: everyday prompts are held against the candidates, and a prompt must come nearer than nearly all
of those pairs do. A few of them may well belong to a candidate; being a few of many, they hardly matter. Of candidates
drawn from six sets, with 0 to 2 examples each, 93 to 99 % of their own prompts get an answer; those of other sets get
none in 85 % of cases at two candidates, 75 at five, 50 at twenty, 28 at sixty, with the weaker of two encoders, where
picking the nearest refuses 15, 3, 0 and 0 (`python -m benchmarks.routing_few`): among many candidates of all kinds
something is always near, and only examples and fitting tell more.

Numpy is imported at the top: nobody imports this module before there are vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.routing.similarity import Floats, Nearness

SHARE = 0.97
"""The share of pairs of an everyday prompt and a candidate that stay below the threshold."""

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
"""Everyday prompts, about as many things as there are lines."""


def threshold(near: Nearness, embedder: Embedder) -> float:
    """Return the score that a share of :data:`SHARE` of all pairs of everyday prompt and candidate stay below.

    Args:
        near: the vectors of the candidates, of which at least one has some.
        embedder: what made them.

    Raises:
        EmbedderError: the embedder failed.
    """
    key = embedder.name, near.rows.shape[1]
    prompts = _embedded.get(key)
    if prompts is None:
        if len(_embedded) >= _MOST:
            _embedded.clear()
        prompts = _embedded[key] = embedder.encode(PROMPTS)
    return float(np.quantile(near.score(prompts)[:, near.present], SHARE))


_MOST = 8
_embedded: dict[tuple[str, int], Floats] = {}  # a server is asked once in a process
