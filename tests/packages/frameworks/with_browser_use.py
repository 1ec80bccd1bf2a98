"""An agent in a browser, its model and an action."""

from browser_use import Agent, ChatOpenAI, Tools

tools = Tools()


@tools.action("Press the red button")
async def press(page: str) -> str: ...


agent = Agent(task="Look for a cheap flight.", llm=ChatOpenAI(model="m"), tools=tools)
