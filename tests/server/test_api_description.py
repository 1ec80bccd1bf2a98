"""The OpenAPI document says what the API does, and nothing else."""

from __future__ import annotations

import json
import re

from catalog.server.api.openapi import document
from catalog.server.api.table import OPERATIONS

METHODS = {"get", "put", "post", "patch", "delete"}


def test_every_operation_is_described_and_nothing_else(asked) -> None:
    """The paths and methods of the document are those of the table, each with a name of its own."""
    described = asked(prefix="/catalog").get("/catalog/openapi.json").json()
    found = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    assert found == {(operation.path, operation.method) for operation in OPERATIONS}
    names = [item[method]["operationId"] for item in described["paths"].values() for method in METHODS & set(item)]
    assert sorted(names) == sorted({operation.name for operation in OPERATIONS})
    assert (described["openapi"], described["servers"]) == ("3.1.0", [{"url": "/catalog"}])


def test_every_schema_that_is_referred_to_is_there() -> None:
    """No `$ref` of the document leads nowhere, and no schema is described for nothing."""
    text = json.dumps(document(""))
    there = set(document("")["components"]["schemas"])
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) == there


def test_every_operation_of_the_design_is_there() -> None:
    """What the design names can be asked, at the paths and by the methods that it names."""
    there = {f"{operation.method} {operation.path.removeprefix('/api/v1')}" for operation in OPERATIONS}
    assert there >= {
        "GET /entries", "POST /entries", "GET /entries/{kind}/{name}", "PUT /entries/{kind}/{name}",
        "PATCH /entries/{kind}/{name}", "DELETE /entries/{kind}/{name}", "GET /entries/{kind}/{name}/history",
        "GET /entries/{kind}/{name}/references", "GET /search", "GET /similar", "POST /route", "GET /health",
        "GET /facets", "GET /events",
    }  # fmt: skip


def test_whoever_may_read_may_read_the_description(asked) -> None:
    """Each operation says which right it needs, and the reading ones need only that to read."""
    for operation in OPERATIONS:
        is_reading = operation.method == "GET" or operation.path.endswith("/route")
        assert (operation.right == "read") is is_reading
