"""A graph as SVG: boxes in columns and the lines between them, without a script, a font or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Protocol
from unicodedata import east_asian_width

from catalog.look.layout import Placed, layered

LONGEST_LABEL = 34
BOX_HEIGHT, ROW, MARGIN, JOINT = 44.0, 12.0, 6.0, 6.0
_LETTER, _SMALL = 7.7, 6.1


class DrawnNode(Protocol):
    """What is drawn as a box."""

    @property
    def id(self) -> str:
        """By which lines name it."""

    @property
    def kind(self) -> str:
        """The word above its name, and its class."""

    @property
    def label(self) -> str:
        """Its name, for people."""

    @property
    def attrs(self) -> Mapping[str, Any]:
        """Facts: ``role`` and ``profile`` are shown, ``missing`` marks what is not there."""


class DrawnEdge(Protocol):
    """What is drawn as a line."""

    @property
    def source(self) -> str:
        """The box it leads from."""

    @property
    def target(self) -> str:
        """The box it leads to."""

    @property
    def kind(self) -> str:
        """Its class."""

    @property
    def label(self) -> str:
        """What is said when it is pointed at; may be empty."""


def drawing(
    nodes: Sequence[DrawnNode],
    edges: Sequence[DrawnEdge],
    *,
    title: str,
    href: Callable[[DrawnNode], str | None] = lambda node: None,
    here: str | None = None,
    style: str = "",
) -> str:
    """Return a graph as an SVG element.

    Its colours are those of the classes ``node``, ``edge`` and their like in ``look.css``.

    Args:
        nodes, edges: of the graph; the ids of nodes are unique.
        title: what is drawn, for who can't see it.
        href: returns where a box leads to, or None.
        here: the id of the node that the drawing is about.
        style: rules of CSS for a file that stands alone.
    """
    number = {node.id: place for place, node in enumerate(nodes)}
    texts = [_texts(node) for node in nodes]
    sizes = [_size(name, about) for name, about in texts]
    pairs: dict[tuple[int, int], list[DrawnEdge]] = {}
    for edge in edges:
        pairs.setdefault((number[edge.source], number[edge.target]), []).append(edge)
    for sources, targets, joined in _bundles(pairs):
        joint = len(sizes)
        sizes.append((JOINT, JOINT))
        pairs |= {(source, joint): joined[:1] for source in sources} | {
            (joint, target): joined[:1] for target in targets
        }
    placed = layered(sizes, list(pairs))
    wide, high = placed.width + 2 * MARGIN + 28, placed.height + 2 * MARGIN
    start = f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {wide:.0f} {high:.0f}"'
    parts = [
        f'{start} width="{wide:.0f}" height="{high:.0f}" role="group" aria-label="{_escaped(title)}">',
        f"<title>{_escaped(title)}</title>",
    ]
    if style:
        parts.append(f"<style>{style}</style>")
    parts.append(f'<g transform="translate({MARGIN:g} {MARGIN:g})">')
    parts += _lines(pairs, placed, len(nodes))
    parts += [
        f'<g class="joint"><circle cx="{x + JOINT / 2:.1f}" cy="{y + JOINT / 2:.1f}" r="{JOINT / 2:g}"/></g>'
        for x, y, _, _ in placed.boxes[len(nodes) :]
    ]
    for node, (name, about), box in zip(nodes, texts, placed.boxes, strict=False):
        parts.append(_box(node, name, about, box, href(node), node.id == here))
    return "\n".join([*parts, "</g>", "</svg>"])


def _bundles(
    pairs: dict[tuple[int, int], list[DrawnEdge]],
) -> list[tuple[list[int], list[int], list[DrawnEdge]]]:
    """Take the lines out of *pairs* by which several nodes lead to the same others, and return them as bundles.

    Each round of a council holds every member: drawn one by one, these lines would hide all others.
    """
    reached: dict[int, dict[str, set[int]]] = {}
    for (source, target), joined in pairs.items():
        if len(joined) == 1:
            reached.setdefault(source, {}).setdefault(joined[0].kind, set()).add(target)
    alike: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for source, kinds in reached.items():
        for kind, targets in kinds.items():
            if len(targets) > 1:
                alike.setdefault((kind, tuple(sorted(targets))), []).append(source)
    bundles = []
    for (_, together), sources in alike.items():
        if len(sources) > 1 and len(sources) * len(together) > len(sources) + len(together):
            joined = [pairs.pop((source, target))[0] for source in sources for target in together]
            bundles.append((sources, list(together), joined))
    return bundles


def _lines(pairs: Mapping[tuple[int, int], Sequence[DrawnEdge]], placed: Placed, nodes: int) -> Iterator[str]:
    for ((_, end), joined), points in zip(pairs.items(), placed.lines, strict=True):
        edge = joined[0]
        said = ", ".join(dict.fromkeys(each.label or each.kind for each in joined[:6]))
        more = f" and {len(joined) - 6} more" if len(joined) > 6 else ""
        title = f"{edge.source} → {edge.target}: {said}{more}"
        (x0, _), (x1, y1) = points[-2:]
        turn = -1 if x1 < x0 else 1
        head = f'<path class="head" d="M{x1:.1f} {y1:.1f}l{-7 * turn} -4v8z"/>' if end < nodes else ""
        yield (
            f'<g class="edge {_word(edge.kind)}"><title>{_escaped(title)}</title>'
            f'<path class="line" d="{_path(points)}"/>{head}</g>'
        )


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Return a smooth line through *points* whose ends are level."""
    (x, y), *rest = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for to_x, to_y in rest:
        if abs(to_y - y) < 0.05:
            parts.append(f"H{to_x:.1f}")
        else:
            half = (x + to_x) / 2
            parts.append(f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(parts)


def _box(
    node: DrawnNode, name: str, about: str, box: tuple[float, float, float, float], href: str | None, is_here: bool
) -> str:
    x, y, wide, high = box
    classes = f"node {_word(node.kind)}{' here' if is_here else ''}{' missing' if node.attrs.get('missing') else ''}"
    said = f"{node.kind} {node.label}{' (missing)' if node.attrs.get('missing') else ''}"
    drawn = (
        f'<g class="{classes}"><title>{_escaped(said)}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="6"/>'
        f'<text class="about" x="{x + ROW:.1f}" y="{y + 16:.1f}">{_escaped(about)}</text>'
        f'<text class="name" x="{x + ROW:.1f}" y="{y + 33:.1f}">{_escaped(name)}</text></g>'
    )
    return drawn if href is None else f'<a href="{_escaped(href)}">{drawn}</a>'


def _texts(node: DrawnNode) -> tuple[str, str]:
    """Return the name of a box and what stands above it."""
    name = node.label.removeprefix(f"{node.kind}:")
    about = [
        node.kind.replace("_", " "),
        *(str(node.attrs[word]) for word in ("role", "profile") if node.attrs.get(word)),
    ]
    if node.attrs.get("missing"):
        about.append("missing")
    return clipped(name, LONGEST_LABEL), clipped(" · ".join(about), LONGEST_LABEL + 8)


def _size(name: str, about: str) -> tuple[float, float]:
    return max(72.0, cells(name) * _LETTER + 2 * ROW, cells(about) * _SMALL + 2 * ROW), BOX_HEIGHT


def cells(text: str) -> int:
    """Return how many letters wide a text is: two for each wide East Asian character."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def clipped(text: str, most: int) -> str:
    """Return a text of at most *most* characters on one line, its middle cut out: similar names differ at the end."""
    text = " ".join(text.split())
    tail = most // 2 - 1
    return text if len(text) <= most else f"{text[: most - tail - 1]}…{text[-tail:]}"


def _word(kind: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in kind)


def _escaped(text: str) -> str:
    return escape(text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text))
