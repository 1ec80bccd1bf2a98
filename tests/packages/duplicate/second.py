from catalog import prompt, tool


@tool
def search(text: str):
    """The third, in another file."""


@prompt(name="search")
def ask():
    """Of another kind: no clash."""


@tool
def twice(a):
    """Replaced below."""


@tool
def twice(a, b):
    """What the name leads to."""
