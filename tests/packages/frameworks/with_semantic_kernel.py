from semantic_kernel.agents import ChatCompletionAgent, GroupChatOrchestration
from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion
from semantic_kernel.functions import KernelFunctionFromPrompt, kernel_function
from semantic_kernel.prompt_template import PromptTemplateConfig


class Menu:
    @kernel_function(description="List the specials.")
    def specials(self) -> str:
        return "soup"

    @kernel_function(name="price_of")
    def price(self, item: str) -> str:
        """Tell the price."""
        return "1"


service = AzureChatCompletion(deployment_name="gpt-4o")
summary = KernelFunctionFromPrompt(function_name="summary", plugin_name="texts", prompt="Shorten {{$input}}")
config = PromptTemplateConfig(template="Hello {{$name}}", name="greet", description="Greets.")
host = ChatCompletionAgent(service=service, name="Host", instructions="Answer about the menu.")
everyone = GroupChatOrchestration(members=[host], manager=None, name="everyone")
