"""Inflected words of other languages and scripts find their entry first, by words alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import LendUrl, open_catalog

from catalog import Catalog
from catalog.entry.languages import languages_of
from catalog.entry.words import words

DESCRIBED = {
    "rechnungen": "Rechnungen prüfen und Zahlungen freigeben.",
    "vertraege": "Übersetzt Verträge in andere Sprachen.",
    "haeuser": "Listet Häuser und Wohnungen zum Verkauf.",
    "wetter": "Zeigt das Wetter für Städte.",
    "fluege": "Bucht Flüge über viele Flughäfen.",
    "счета": "Проверка счетов и оплата заказов.",
    "погода": "Показывает погоду в городах.",
    "языки": "Переводит документы на другие языки.",
    "날씨": "도시의 날씨를 보여줍니다.",
    "번역": "문서를 번역하는 도구",
    "환불": "고객에게 환불을 처리합니다",
    "weather": "Show the weather of cities.",
    "invoices": "Check invoices and payments.",
    "printer": "Set up a printer.",
    "print": "Print a page.",
}

ASKED = [
    ("Rechnung", "rechnungen"),
    ("bitte die Rechnung vom Kunden genau prüfen", "rechnungen"),
    ("Zahlung freigeben", "rechnungen"),
    ("Vertrag", "vertraege"),
    ("vertraege", "vertraege"),
    ("mein Vertrag auf Deutsch übersetzen lassen", "vertraege"),
    ("Haus", "haeuser"),
    ("Städten", "wetter"),
    ("was kostet ein Flug nach Rom", "fluege"),
    ("uber", "fluege"),
    ("über", "fluege"),
    ("счёт", "счета"),
    ("счета", "счета"),
    ("погода", "погода"),
    ("какая погода в этом городе завтра", "погода"),
    ("документ", "языки"),
    ("날씨", "날씨"),
    ("오늘 날씨가 어때", "날씨"),
    ("번역", "번역"),
    ("환불", "환불"),
    ("고객", "환불"),
    ("city", "weather"),
    ("payment", "invoices"),
    ("print", "print"),
    ("printer", "printer"),
]


@pytest.fixture(scope="module")
def many(lend_url: LendUrl) -> Iterator[Catalog]:
    """The entries above, of which none is called what it is asked for."""
    with lend_url() as url, open_catalog(url) as cat:
        cat.register_many(
            {"kind": "tool", "name": f"t{number}", "ref": "a:b", "description": text, "metadata": {"about": about}}
            for number, (about, text) in enumerate(DESCRIBED.items())
        )
        yield cat


@pytest.mark.parametrize(("text", "about"), ASKED)
def test_an_inflected_word_finds_its_entry_first(many: Catalog, text: str, about: str) -> None:
    """German, Russian and Korean words in another form, alone and in sentences, find what is described with them."""
    assert many.search(text, mode="lexical")[0].entry.metadata["about"] == about


def test_reasons_show_no_marks(many: Catalog) -> None:
    """The words that matched are shown as words, each once."""
    (hit,) = many.search("Rechnung", mode="lexical")
    assert hit.why["matched"] == {"description": ["rechnungen", "rechnung"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("погоду погода", ["погод", "погод"]),
        ("мой счёт", ["мо", "счет"]),
        ("날씨", ["날씨"]),
        ("날씨를", ["날씨를", "날씨", "씨를"]),
        ("Über uber", ["uber", "uber"]),
    ],
)
def test_words_of_other_scripts(text: str, found: list[str]) -> None:
    """Cyrillic words are stems, Korean ones come with their pairs of syllables, accents are folded."""
    assert words(text) == found


def test_entries_of_other_tiers_are_found_too(url: str) -> None:
    """An entry of this process that alone is German is found by its inflected words."""
    with open_catalog(url) as cat:
        cat.register("tool", "pay", print, runtime=True, description="Rechnungen bezahlen und Belege sammeln.")
        cat.register("tool", "other", "a:b", description="Draw a chart.")
        found = cat.search("welche Rechnung muss heute noch raus", mode="lexical")
        assert [hit.key for hit in found] == ["tool:pay"]


SIGNS = """
und der das ein eine einem einen einer eines für mit nicht oder wird werden zum zur ist sind nach bei beim auf aus dem
vom von ins sowie alle allen aller im xyzung xyzungen xyzkeit xyzheit xyzschaft xyzlich xyzieren xyziert ä ß
"""


@pytest.mark.parametrize("sign", SIGNS.split())
@pytest.mark.parametrize("around", ["{}", "Xyz {} xyz", "xyz,{}.", "({})", "9-{}-9"])
def test_each_sign_of_german_is_seen(sign: str, around: str) -> None:
    """A text with one sign of German and none of English is taken for German, whatever stands around the sign."""
    assert languages_of(around.format(sign)) == ["german"]


@pytest.mark.parametrize("text", ["", "xyz", "undo", "order", "young", "the und", "x_und_x", "print a page"])
def test_other_texts_are_not_taken_for_german(text: str) -> None:
    """Words that only hold a sign, and texts with as many signs of English, are not German."""
    assert languages_of(text) == []
