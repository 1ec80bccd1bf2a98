"""Route by meaning: works without fitting, and learns from labelled prompts when to say that none fits.

python examples/route_embedding.py
"""

from catalog import AutoCouncil, Catalog

TEAMS = {
    "billing": (
        "Invoices, payments and refunds.",
        ["why was i charged twice", "i want my money back", "send me the invoice of may", "my card was declined",
         "change the payment method", "how much is the yearly plan", "cancel my subscription"],
    ),
    "technical": (
        "Errors, crashes and how to set things up.",
        ["the app crashes when i open it", "i can't log in", "the page does not load", "how do i install the plugin",
         "error 500 after the update", "my data does not sync", "reset my password"],
    ),
    "sales": (
        "Offers for new customers.",
        ["can i get a demo", "do you have a discount for schools", "we need 200 seats", "compare the plans for me",
         "talk to somebody about an enterprise contract", "is there a free trial", "what does the team plan include"],
    ),
}  # fmt: skip
OUT_OF_SCOPE = [
    "what is the capital of peru", "write a poem about rain", "who won the match yesterday", "how do i bake bread",
    "translate this into french", "tell me a joke", "how tall is the eiffel tower", "is it going to snow",
]  # fmt: skip
PROMPTS = ("my payment failed again", "nothing happens when i press save", "an offer for 50 seats", "sing a song")


def main() -> None:
    """Register three agents, route, fit, and route again."""
    with Catalog("sqlite://") as cat:
        for name, (description, examples) in TEAMS.items():
            cat.register("agent", name, {"team": name}, description=description, examples=examples)
        router = AutoCouncil(cat, "embedding", kind="agent", on_no_match="abstain")
        for prompt in PROMPTS:
            print(f"{prompt!r:40} -> {router.resolve(prompt).name}")
        report = router.fit([(prompt, None) for prompt in OUT_OF_SCOPE])
        print(f"fitted on {report.examples} examples and {report.prompts} prompts that belong to none")
        for prompt in PROMPTS:
            decision = router.resolve(prompt)
            print(f"{prompt!r:40} -> {decision.name}: {decision.reason}")


if __name__ == "__main__":
    main()
