"""Made-up tools of any number that read as tools do: a thing is done to an object of a field, in some product.

Names, descriptions and requests are put together from a few hundred English words and 50,000 made-up product words,
spread as in real texts. So an embedder has fields and deeds to tell apart, and full text has words of every rarity.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from benchmarks.corpus import vocabulary

DEEDS = {
    "create": "make", "delete": "remove", "update": "change", "list": "show all", "search": "look for", "send": "mail",
    "export": "save", "import": "bring in", "convert": "turn", "summarise": "sum up", "translate": "put into words",
    "plot": "draw", "compare": "tell apart", "validate": "check", "schedule": "plan", "cancel": "call off",
    "approve": "sign off", "archive": "put away", "merge": "join", "split": "cut up", "encrypt": "protect",
    "download": "fetch", "upload": "put up", "monitor": "watch", "forecast": "predict", "rank": "order",
    "classify": "sort", "extract": "pull out", "rename": "call differently", "share": "give access to",
}  # fmt: skip
"""What tools do, and how somebody may ask for it in other words."""

FIELDS = {
    "finance": "invoice payment ledger budget refund expense tax balance currency dividend loan portfolio",
    "sales": "customer lead deal quote order discount contract pipeline territory commission subscription",
    "weather": "forecast temperature storm rainfall humidity wind station alert climate snow",
    "travel": "flight hotel booking passenger itinerary luggage visa train seat ticket airport",
    "health": "patient appointment prescription diagnosis vaccine allergy laboratory symptom clinic dose",
    "kitchen": "recipe ingredient meal menu oven calorie restaurant dish wine diet",
    "code": "repository branch commit pipeline release test issue compiler dependency package function",
    "cloud": "server container cluster bucket volume network certificate domain region snapshot",
    "music": "song playlist album artist concert lyrics chord melody podcast speaker",
    "images": "photo thumbnail mask watermark palette portrait pixel canvas filter layer",
    "maps": "route address coordinate district distance border traffic parking landmark elevation",
    "law": "clause case court patent licence statute hearing witness verdict compliance",
    "schools": "student course grade lesson exam timetable teacher homework library scholarship",
    "homes": "lamp thermostat door camera sensor blind heater vacuum alarm meter",
    "science": "molecule genome telescope sample equation experiment particle protein isotope dataset",
    "people": "employee salary vacation interview candidate shift payroll badge onboarding review",
    "shops": "product basket stock supplier warehouse parcel barcode price coupon return",
    "sports": "match team league score player tournament stadium referee training medal",
    "mail": "message inbox attachment thread contact signature newsletter spam folder reply",
    "documents": "page paragraph table footnote chapter heading spreadsheet slide form comment",
    "security": "password token firewall breach malware audit permission identity log threat",
    "farms": "field harvest tractor soil seed cattle irrigation fertiliser barn crop",
    "energy": "battery turbine grid panel fuel outage tariff substation voltage emission",
    "cars": "engine tyre garage mileage driver charger insurance lane brake rental",
}
"""Objects of each field."""

_HOW = (
    "as a table", "in one step", "for a given month", "with a short reason", "in the background", "by its number",
    "between two dates", "for one team", "and tell the owner", "from a spreadsheet", "to a file",
    "without asking twice", "for the whole year", "in another language", "with the newest first",
    "on behalf of somebody", "in small batches",
)  # fmt: skip
_OF = ("overdue", "new", "broken", "private", "monthly", "shared", "old", "missing", "large", "open", "local", "daily")


def tools(count: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of *count* tools: a name of four words, some twenty in the description, two or three tags."""
    chance, products = random.Random(11), vocabulary()[8:]
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(products))))
    deeds, fields = list(DEEDS), list(FIELDS)
    objects = {field: FIELDS[field].split() for field in fields}
    for number in range(count):
        field = chance.choice(fields)
        first, second, third = chance.choices(objects[field], k=3)
        deed, also = chance.choice(deeds), chance.choice(deeds)
        product, part, code = chance.choices(products, cum_weights=weights, k=3)
        yield {
            "kind": "tool",
            "name": f"{product}_{deed}_{first}_{number}",
            "ref": f"bench.module{number % 100}:function{number}",
            "description": (
                f"{deed.capitalize()} the {chance.choice(_OF)} {first} of a {second} in {product} {part} "
                f"{chance.choice(_HOW)}. Can also {also} a {third} {chance.choice(_HOW)}, for {field} and {code}."
            ),
            "tags": [f"tag{number % 10}", f"topic{number % 1000}", *(["plot"] if number % 100 == 0 else [])],
        }


def requests(count: int) -> list[str]:
    """Return *count* requests as people make them: half in the words of the tools, half in others."""
    chance, products = random.Random(5), vocabulary()[8:2_000]
    asked = []
    for number in range(count):
        deed, field = chance.choice(list(DEEDS)), chance.choice(list(FIELDS))
        first, second = chance.sample(FIELDS[field].split(), 2)
        if number % 2:
            asked.append(f"{DEEDS[deed]} {first} {second} in {chance.choice(products)}")
        else:
            asked.append(f"{deed} {chance.choice(_OF)} {first} {field}")
    return asked
