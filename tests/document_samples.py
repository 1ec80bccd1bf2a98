"""Short forms of what a scan reads of documents, and documents of every form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.discovery.finding import Finding
from catalog.discovery.scan import scan


def found(folder: Path) -> dict[str, Finding]:
    """Return what a scan of *folder* reads of documents, by key."""
    return {finding.key: finding for finding in scan(folder).findings if finding.form == "document"}


def skipped(folder: Path) -> dict[str, str]:
    """Return what a scan passes over by the path below *folder*, each with the reason."""
    return {skip.path.removeprefix(f"{folder}/"): skip.reason for skip in scan(folder).skipped}


def as_json(data: Any) -> bytes:
    """Return *data* as a document."""
    return json.dumps(data, indent=2).encode()


SKILL = """\
---
name: pdf-forms
description: Fill in PDF forms. Use when somebody has a form to fill in.
license: MIT
compatibility: Needs qpdf
allowed-tools: Read Bash(qpdf:*) mcp__files__read
metadata:
  author: example
  version: "1.0"
---

# Forms

Run scripts/fill.py.
"""

SERVERS = {
    "mcpServers": {
        "files": {"command": "npx", "args": ["-y", "@example/server-files", "."], "env": {"ROOT": "/srv"}},
        "weather": {"type": "http", "url": "https://weather.example/mcp", "headers": {"X-Key": "abc"}},
    }
}

CARD = {
    "protocolVersion": "0.3.0",
    "name": "Recipe Agent",
    "description": "Helps with recipes.",
    "url": "https://agents.example/recipes",
    "version": "1.2.0",
    "capabilities": {"streaming": True},
    "defaultInputModes": ["text/plain"],
    "defaultOutputModes": ["text/plain"],
    "skills": [
        {
            "id": "find",
            "name": "Find a recipe",
            "description": "Finds recipes by what is in the fridge.",
            "tags": ["cooking", "search"],
            "examples": ["what can I cook with leeks?"],
        }
    ],
}

SERVER_JSON = {
    "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    "name": "io.github.example/weather",
    "title": "Weather",
    "description": "Weather of any place.",
    "version": "1.0.2",
    "packages": [
        {
            "registryType": "npm",
            "identifier": "@example/weather",
            "version": "1.0.2",
            "transport": {"type": "stdio"},
            "environmentVariables": [
                {"name": "WEATHER_KEY", "description": "Your key", "isSecret": True, "isRequired": True}
            ],
        }
    ],
    "remotes": [{"type": "streamable-http", "url": "https://weather.example/mcp"}],
}

OPENAPI = """\
openapi: 3.0.3
info:
  title: Pet shop
  version: "1"
servers:
  - url: https://{region}.pets.example/v1
    variables:
      region: {default: eu}
paths:
  /pets/{petId}:
    parameters:
      - $ref: "#/components/parameters/PetId"
    get:
      operationId: showPet
      summary: Show a pet
      description: With all its litter.
      tags: [pets]
      parameters:
        - {name: fields, in: query, schema: {type: array, items: {type: string}}, description: What to show}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
    put:
      requestBody:
        required: true
        content:
          text/plain: {schema: {type: string}}
          application/json: {schema: {$ref: "#/components/schemas/Pet"}}
components:
  parameters:
    PetId: {name: petId, in: path, required: true, schema: {type: integer, minimum: 1, exclusiveMinimum: true}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string, example: Rex}
        mother: {$ref: "#/components/schemas/Pet"}
        tag: {type: string, nullable: true}
"""
