"""An agent as others are told of it: an A2A agent card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.discovery.documents.agent_card import is_card
from catalog.verbs.documents_out.unfit import Unfit

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def agent_card(entry: Entry) -> dict[str, Any]:
    """Return the card.

    Raises:
        Unfit: the agent has no address under which others reach it.
    """
    if not isinstance(entry.spec, dict) or not is_card(entry.spec):
        raise Unfit("it was not read from an agent card, and nothing else says where others reach it")
    return entry.spec
