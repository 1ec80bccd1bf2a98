"""Route by rules: regular expressions of a linear-time engine, and a predicate; the first that matches wins.

python examples/route_rules.py
"""

from catalog import AutoCouncil, Catalog


def is_code(prompt: str) -> bool:
    """Tell whether a prompt holds code; a rule may be any function of a prompt."""
    return "def " in prompt or "Traceback" in prompt


def review(prompt: str) -> str:
    """Stand in for a council of reviewers."""
    return f"reviewed {len(prompt)} characters"


def audit(prompt: str) -> str:
    """Stand in for a council of search experts."""
    return "no title, no description"


def main() -> None:
    """Register two councils with rules and route four prompts."""
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("council", "seo", audit, runtime=True, match=r"(?i)\bseo\b|search engine")
        cat.register("council", "review", review, runtime=True, match=f"{__name__}:is_code", priority=1)
        router = AutoCouncil(cat, "rules", on_no_match="abstain")
        for prompt in ("audit my SEO", "def f(x): return x", "is my SEO code right? def seo(): ...", "sing a song"):
            decision = router.resolve(prompt)
            print(f"{prompt!r:45} -> {decision.name}: {decision.reason}")
        print(router.run("audit my SEO").value)


if __name__ == "__main__":
    main()
