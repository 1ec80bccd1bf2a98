"""A council assembled from the catalog: judged, shown, resolved, and run by a tiny runner of its own. No network.

Run it with `python examples/council.py`. The "models" are functions, so that anybody can run it; a real runner calls a
model with the same profile, prompt and tools. `AutoCouncil(cat, runner=run)` runs the councils it picks like this.
"""

from typing import Any

from catalog import Catalog, Council, CouncilSpec, council_graph, resolve_council, validate_council

Answers = dict[str, str]


def terse(prompt: str, tools: dict[str, Any]) -> str:
    """Stand in for a model that calls its tool and keeps it short."""
    return f"{tools['count_words'](prompt)} words"


def wordy(prompt: str, tools: dict[str, Any]) -> str:
    """Stand in for a model that says more."""
    return f"The text runs to {tools['count_words'](prompt)} words and shouts {sum(map(str.isupper, prompt))} letters."


def agreed(answers: Answers) -> bool:
    """Tell whether everybody says the same; what ends the iteration."""
    return len(set(answers.values())) == 1


def fill(cat: Catalog) -> None:
    """Register the other parts: data, and objects of this process."""
    cat.register("tool", "agreed", agreed, runtime=True)
    cat.register("model", "demo/terse", terse, runtime=True)
    cat.register("model", "demo/wordy", wordy, runtime=True)
    cat.register("profile", "careful", {"model": "demo/terse", "temperature": 0.2, "max_tokens": 200})
    cat.register("profile", "chatty", {"model": "demo/wordy", "temperature": 0.9})


def spec() -> CouncilSpec:
    """Return the council as data; everything in it is named."""
    return (
        CouncilSpec(default_profile="careful", tools=("count_words",))
        .add_member("editor", role="Editor", system_prompt="Judge the length.")
        .add_member("critic", role="Critic", system_prompt="Judge the tone.", profile="chatty",
                    profile_overrides={"temperature": 0.5})
        .add_round("independent_analysis")
        .add_round("iterate", until_ref="tool:agreed", most=2)
        .replace(chair={"id": "chair", "system_prompt": "Sum up in one line."})
    )  # fmt: skip


def run(council: Council, prompt: str) -> str:
    """Run a live council: every seat answers in each round, an iteration ends when it may, the chair sums up."""
    answers: Answers = {}
    for step in council.rounds:
        for _ in range(step.options.get("most", 1)):
            if step.until is not None and step.until(answers):
                break
            answers = {seat.id: seat.model(prompt, dict(seat.tools)) for seat in council.members}
    said = "; ".join(f"{name}: {answer}" for name, answer in answers.items())
    return f"{council.chair.id if council.chair else council.name} sums up: {said}"


def main() -> None:
    """Show it all."""
    with Catalog("sqlite://", embedder="none") as cat:  # a private catalog that goes when it is closed
        cat.register("tool", "count_words", "plots:count_words", description="Count the words of a text.")
        early = spec().replace(tools=["count_word"])
        print("before the parts are there, and with a typing error:")
        for issue in validate_council(early, cat):
            print(f"  {issue['path']}: {issue['code']}: {issue['message']}")

        fill(cat)
        print(f"with the parts: {validate_council(spec(), cat)}")
        entry = cat.register("council", "review", spec(), description="Review a text.")
        print(f"providers: {', '.join(entry.providers or ())}")
        print(f"used by: {[link.source for link in cat.used_by('profile', 'careful')]}")

        council = resolve_council("review", cat)
        for seat in council.members:
            print(f"{seat.id}:")
            for key, given in seat.profile.given.items():
                print(f"  {key} = {given.value}  ({given.layer}, {given.source})")

        drawn = council_graph("review", cat)
        print(drawn.text())
        print(drawn.mermaid())
        print(run(council, "Councils are DATA too"))


if __name__ == "__main__":
    main()
