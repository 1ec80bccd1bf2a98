"""Defaults that are secrets: they are not taken over into signatures and parameters, which are stored and exported."""

from __future__ import annotations

import ast
import copy
import os
import re

_NAMES = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|secret|credentials?|(?<!bos_)(?<!eos_)(?<!pad_)(?<!unk_)(?<!sep_)"
    r"(?<!cls_)(?<!mask_)token|(?:api|access|private|secret|auth|signing|encryption)_?key|apikey)$",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"(?:sk|pk|rk)[-_][\w-]{12,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{12,}|xox[abeprs]-[\w-]{8,}"
    r"|A[KS]IA[0-9A-Z]{12,}|AIza[\w-]{20,}|hf_\w{16,}|(?<![\w-])eyJ[\w-]{10,}\.[\w-]+\.|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|(?<!\w)\w{1,40}://[^/\s:@]+:[^/\s@]+@"
)

_SHORTEST = 8  # no secret is as short as "test", which many set where any key will do
_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+@")
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_WHOLE = re.compile(rf"(?:{_KEYS.pattern})[^\s\"'<>,;)]*")

HIDDEN = "…"
"""What stands in a signature for a secret."""


def is_secret(name: str | None, value: object) -> bool:
    """Tell whether the default *value* is a secret: by the name of what it is for, or as it looks like a key."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str) or not value:
        return False
    return bool((name and _NAMES.search(name)) or (len(value) > 8 and _KEYS.search(value)))


def without_keys(text: str, instead: str = HIDDEN) -> str:
    """Return *text* with *instead* in place of each word that looks like a key, and addresses without passwords."""
    if _KEYS.search(text) is None:
        return text
    text = _CREDENTIALS.sub("", text)
    text = _PRIVATE.sub(lambda _: instead, text)
    return _WHOLE.sub(lambda _: instead, text)


def hide_secrets(text: str) -> str:
    """Return *text* without keys, as :func:`without_keys`, and without the secrets of the environment.

    Those are the values of variables whose names say that they are secrets; ``PWD`` is the shell's working folder.

    Examples:
        >>> hide_secrets("can't reach postgresql://ann:hunter22@db/x")
        "can't reach postgresql://db/x"
    """
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and name != "PWD" and _NAMES.search(name):
            text = text.replace(value, HIDDEN)
    return without_keys(text)


def without_secrets(name: str | None, node: ast.expr) -> ast.expr:
    """Return the default *node* of the parameter *name* with ``…`` for each secret in it; *node* itself if none is."""
    if isinstance(node, ast.Constant):
        return ast.Constant(HIDDEN) if is_secret(name, node.value) else node
    if isinstance(node, (ast.Name, ast.Attribute)):
        return node
    hide = _Hide(name)
    hidden: ast.expr = hide.visit(copy.deepcopy(node))
    return hidden if hide.found else node


class _Hide(ast.NodeTransformer):
    """Replaces texts that are secrets, by the keyword or the key of a dictionary they stand at."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.found = False

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if not is_secret(self.name, node.value):
            return node
        self.found = True
        return ast.Constant(HIDDEN)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        node.value = self._named(node.arg if node.arg not in (None, "default") else self.name, node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        for place, key in enumerate(node.keys):
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
            node.values[place] = self._named(name, node.values[place])
        return node

    def _named(self, name: str | None, value: ast.expr) -> ast.expr:
        outer, self.name = self.name, name
        made: ast.expr = self.visit(value)
        self.name = outer
        return made
