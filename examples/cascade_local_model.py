"""A cascade of rules, meaning and a language model, which runs here: a tiny server that speaks OpenAI's chat API.

python examples/cascade_local_model.py

With a real model, leave out the server and give its address, as base_url="http://localhost:11434/v1" for Ollama. The
cheap steps go first; the model is asked only where they abstain, and where it fails the decision says so.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from catalog import AutoCouncil, Catalog, Decision

AGENTS = {
    "billing": ("Invoices, payments and refunds.", r"\brefund\b",
                ["why was i charged twice", "i want my money back", "send me the invoice of may",
                 "my card was declined"]),
    "technical": ("Errors, crashes and how to set things up.", None,
                  ["the app crashes when i open it", "i can't log in", "the page does not load",
                   "error 500 after the update"]),
    "shipping": ("Parcels: where they are, late, lost or broken ones.", None,
                 ["where is my parcel", "the box arrived damaged", "change the delivery address",
                  "my order is a week late"]),
}  # fmt: skip
PROMPTS = (
    "please refund order 1234",
    "my card was charged two times",
    "the courier was rude to my grandmother",
    "write a poem about the sea",
    "the courier left it with a neighbour",
)


def answer(user: str) -> str:
    """Stand in for a model: what it answers to what it is asked."""
    if "can't be used" in user:  # the second try
        return json.dumps({"reason": "couriers bring parcels", "choice": "shipping"})
    found = re.search(r"<request-(\w+)>\n(.*)\n</request-\1>", user)
    request = json.loads(found[2]) if found else ""
    if "courier" in request:
        return json.dumps({"reason": "the third one", "choice": "3"})  # a position, which is no answer
    return json.dumps({"reason": "nobody here writes poems", "choice": "none"})


class Model(BaseHTTPRequestHandler):
    """The smallest server of ``/v1/chat/completions``."""

    def do_POST(self) -> None:
        """Answer, or be out of memory when a neighbour is asked about."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = asked["messages"][-1]["content"]
        message = {"role": "assistant", "content": answer(last)}
        said = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 500}}
        status = 500 if "neighbour" in last else 200
        body = json.dumps(said if status == 200 else {"error": {"message": "out of memory"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def local_model() -> Iterator[str]:
    """Run the server; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def show(prompt: str, decision: Decision) -> None:
    """Print a decision with its steps."""
    print(f"{prompt!r} -> {decision.name}")
    for step in decision.steps:
        reason = re.sub(r"http://\S+", "http://…", step.reason)
        asked = f" ({step.cost.requests} requests)" if step.cost.requests else ""
        print(f"  {step.strategy}: {step.outcome}{asked}: {reason}")


def main() -> None:
    """Register three agents and route."""
    with Catalog("sqlite://") as cat, local_model() as url:
        for name, (description, rule, examples) in AGENTS.items():
            cat.register("agent", name, {"team": name}, description=description, match=rule, examples=examples)
        router = AutoCouncil(
            cat,
            "cascade",
            kind="agent",
            chain=["rules", "embedding", "llm_classify"],
            threshold=0.4,  # with some more examples, or after router.fit, the step finds its own
            model="tiny",
            base_url=url,
            api_key="",  # nothing secret goes to this server, whatever the environment holds
            timeout=10,
            on_no_match="abstain",
        )
        for prompt in PROMPTS:
            show(prompt, router.resolve(prompt))


if __name__ == "__main__":
    main()
