import dspy

lm = dspy.LM("openai/gpt-4o")


class Emotion(dspy.Signature):
    """Classify the emotion."""

    sentence: str = dspy.InputField()
    emotion: str = dspy.OutputField()


class Research(dspy.Module):
    """Looks up, then answers."""

    def __init__(self):
        self.answer = dspy.ChainOfThought("question -> answer")


def search(query: str) -> str:
    return query


classify = dspy.Predict(Emotion)
answer = dspy.ChainOfThought("question -> answer")
lookup = dspy.Tool(search, name="lookup", desc="Search.")
agent = dspy.ReAct("question -> answer", tools=[search])
