"""Names that look alike: letters of other scripts that are drawn as Latin letters are.

The pairs are the single letters that Unicode's table of confusable characters (UTS 39, ``confusables.txt``) gives for
Cyrillic, Greek and Armenian letters; forms of one letter, as full-width ones, are those of Unicode's NFKC. Pairs within
ASCII (``l`` and ``1``) are left out: they are in too many good names.
"""

from __future__ import annotations

import unicodedata

_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS ԌG ԚQ ԜW "
    "αa ιi νv οo ρp σo γy ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
    "օo սu հh ոn ցg ՏS ՕO ՍU ւl"
)
_LATIN = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})


def plain_name(name: str) -> str:
    """Return *name* as it looks: with the Latin letter for each letter of another script that is drawn like one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_LATIN)
