from pipecat.adapters.schemas.direct_function import tool_options
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.workers.llm import LLMWorker, tool

llm = OpenAILLMService(model="gpt-4o")
weather = FunctionSchema(name="get_weather", description="Tell it.", properties={}, required=[])


@tool_options(timeout_secs=3)
async def restaurant(params, city: str):
    """Recommend a restaurant."""


class Greeter(LLMWorker):
    """Greets."""

    @tool(cancel_on_interruption=False)
    async def end(self, params, reason: str):
        """End the call."""


async def bot():
    inside = FunctionSchema(name="inside", description="Within.", properties={}, required=[])
