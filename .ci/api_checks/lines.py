"""How schemathesis sends JSON Lines."""

import schemathesis


@schemathesis.serializer("application/jsonl")
def lines(_, value):
    """Return the body as it was made."""
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode()
