"""What the frameworks call their tools, agents, prompts, models and servers, taken from their documentation.

A name counts where its dotted origin begins with one of the packages beside it.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Word(NamedTuple):
    """What a decorator, base or constructor makes.

    Attributes:
        kinds: what it may be called; the first is what it is counted as.
        required: whether a scan has to find what it makes.
    """

    kinds: tuple[str, ...]
    required: bool = True


_TOOL, _AGENT, _PROMPT, _MODEL = Word(("tool",)), Word(("agent",)), Word(("prompt",)), Word(("model",))
_SERVER = Word(("mcp_server",))
_MAYBE_TOOL, _MAYBE_AGENT = Word(("tool",), False), Word(("agent",), False)
_MAYBE_SERVER = Word(("mcp_server", "tool"), False)
_MAYBE_PROMPT, _MAYBE_MODEL = Word(("prompt",), False), Word(("model",), False)
_MAYBE_SKILL = Word(("skill",), False)

Table = dict[str, list[tuple[tuple[str, ...], Word]]]


def _table(*rows: tuple[str, str, Word]) -> Table:
    made: Table = {}
    for packages, names, word in rows:
        for name in names.split():
            made.setdefault(name, []).append((tuple(packages.split()), word))
    return made


_AUTOGEN = "autogen_agentchat autogen_core autogen_ext autogen ag2"
_LANGCHAIN = "langchain langchain_core langchain_community langchain_classic langchain_experimental"
_LLAMA = "llama_index"
_MAF = "agent_framework"

DECORATORS = _table(
    (f"agents strands {_MAF} {_LANGCHAIN} smolagents crewai crewai_tools agno haystack", "tool function_tool", _TOOL),
    ("claude_agent_sdk claude_code_sdk livekit pipecat beeai_framework promptflow google", "tool function_tool", _TOOL),
    (_MAF, "ai_function", _TOOL),
    ("semantic_kernel", "kernel_function", _TOOL),
    ("livekit", "ai_callable", _TOOL),
    ("pipecat", "tool_options", _TOOL),
    ("anthropic", "beta_tool beta_async_tool", _TOOL),
    ("openai", "function_tool", _TOOL),
    ("fastmcp", "tool", _TOOL),
    ("mirascope", "tool toolkit_tool", _TOOL),
    ("mirascope", "prompt prompt_template", _PROMPT),
    ("mirascope", "call", Word(("prompt", "agent", "tool"))),
    ("haystack", "component", _TOOL),
    ("marvin", "fn", _MAYBE_TOOL),
    ("langgraph", "entrypoint", Word(("agent",))),
    ("langgraph", "task", _MAYBE_TOOL),
    ("controlflow", "flow", Word(("agent",))),
    ("controlflow", "task", _PROMPT),
    ("controlflow praisonaiagents", "tool", _TOOL),
    ("metagpt", "register_tool", _TOOL),
    (f"{_MAF} openai strands agno", "executor handler step workflow", Word(("agent", "tool"), False)),
)

CREW = {"agent": _AGENT, "crew": _AGENT, "task": _PROMPT, "tool": _TOOL, "llm": _MODEL}
"""Decorators of ``crewai.project``, used on the methods of a class."""

_FAST_AGENTS = (
    *("agent", "custom", "smart", "orchestrator", "iterative_planner", "router", "chain", "parallel", "maker"),
    "evaluator_optimizer",
)
METHODS = {
    "mcp": {"tool": _TOOL, "prompt": _PROMPT},
    "pydantic_ai": {"tool": _TOOL, "tool_plain": _TOOL, "system_prompt": _MAYBE_PROMPT, "instructions": _MAYBE_PROMPT},
    "toolset": {"tool": _TOOL, "tool_plain": _TOOL},
    "autogen": {"register_for_llm": _TOOL},
    "mcp_agent": {"tool": _TOOL, "async_tool": _TOOL},
    "skill": {"script": _MAYBE_TOOL, "resource": _MAYBE_TOOL},
    "agent_stack": {"agent": _AGENT},
    "browser_use": {"action": _TOOL},
    "fast_agent": {"tool": _TOOL, **dict.fromkeys(_FAST_AGENTS, _AGENT)},
}
"""Decorators that are methods of an object: by what the object is."""

OBJECTS: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "FastMCP": [(("mcp", "fastmcp"), "mcp")],
    "MCPServer": [(("mcp",), "mcp")],
    "MCPApp": [(("mcp_agent",), "mcp_agent")],
    **{name: [(("browser_use",), "browser_use")] for name in ("Tools", "Controller", "Registry")},
    "FastAgent": [(("fast_agent", "mcp_agent"), "fast_agent")],
    "Server": [(("agentstack_sdk", "beeai_sdk", "acp_sdk"), "agent_stack")],
    "Agent": [(("pydantic_ai",), "pydantic_ai")],
    "FunctionToolset": [(("pydantic_ai",), "toolset")],
    "InlineSkill": [((_MAF,), "skill")],
    "ConversableAgent": [(("autogen", "ag2"), "autogen")],
    "AssistantAgent": [(("autogen", "ag2"), "autogen")],
    "UserProxyAgent": [(("autogen", "ag2"), "autogen")],
}
"""Classes whose objects have the methods above."""

CALLED_MCP = re.compile(r"(.*_)?(mcp|mcp_server)$")
"""How a server of MCP is called in its documentation, where a function is handed one and nothing says what it is."""

BASES = _table(
    ("atomic_agents agency_swarm", "BaseTool", _TOOL),
    ("agentscope", "ToolBase", _TOOL),
    ("agentscope agency_swarm", "Agent Agency AgentBase ReActAgent", _AGENT),
    ("atomic_agents", "AtomicAgent BaseAgent", _AGENT),
    (f"{_LANGCHAIN} crewai crewai_tools autogen_core autogen_ext google mirascope llama_index", "BaseTool", _TOOL),
    ("smolagents beeai_framework haystack transformers livekit gptme", "Tool", _TOOL),
    ("smolagents", "PipelineTool BaseTool", _TOOL),
    ("dspy", "LM BaseLM", _MAYBE_MODEL),
    (_LLAMA, "BaseToolSpec FunctionTool AsyncBaseTool", _TOOL),
    ("agno", "Toolkit", _TOOL),
    ("camel", "BaseToolkit FunctionTool", _TOOL),
    ("google", "BaseToolset FunctionTool BaseAuthenticatedTool LongRunningFunctionTool AgentTool", _TOOL),
    ("autogen_core autogen_ext", "BaseToolWithState", _TOOL),
    ("strands", "AgentTool", _TOOL),
    (f"agents {_MAF}", "FunctionTool CustomTool", _TOOL),
    (f"haystack livekit pydantic_ai {_LANGCHAIN}", "Toolset BaseToolkit", _TOOL),
    ("pydantic_ai", "FunctionToolset", _TOOL),
    ("pydantic_ai", "AbstractToolset WrapperToolset", _MAYBE_TOOL),
    ("promptflow", "ToolProvider", _TOOL),
    ("mirascope", "BaseToolKit BaseToolkit", _TOOL),
    (_LANGCHAIN, "StructuredTool", _TOOL),
    (
        f"agents livekit agno {_MAF} pydantic_ai strands",
        "Agent AgentTask BaseAgent RawAgent AgentBase AbstractAgent",
        _AGENT,
    ),
    ("google", "BaseAgent LlmAgent Agent SequentialAgent ParallelAgent LoopAgent", _AGENT),
    (
        _AUTOGEN,
        "AssistantAgent ConversableAgent UserProxyAgent BaseChatAgent RoutedAgent BaseGroupChat BaseAgent",
        _AGENT,
    ),
    ("semantic_kernel", "Agent ChatCompletionAgent", _AGENT),
    ("smolagents", "MultiStepAgent CodeAgent ToolCallingAgent", _AGENT),
    ("camel", "ChatAgent BaseAgent", _AGENT),
    ("camel", "RolePlaying", _MAYBE_AGENT),
    ("beeai_framework", "BaseAgent", _AGENT),
    ("crewai", "Flow", _AGENT),
    ("praisonaiagents", "BaseTool", _TOOL),
    ("metagpt", "Role", _AGENT),
    ("swarms", "Agent", _AGENT),
    ("mcp fastmcp", "FastMCP MCPServer", Word(("mcp_server",), False)),
    (f"{_LLAMA} workflows", "Workflow BaseWorkflowAgent", _AGENT),
    ("pipecat", "LLMWorker", _MAYBE_AGENT),
    ("agno", "Workflow Team", _AGENT),
    ("dspy", "Module", Word(("agent", "tool"))),
    ("dspy", "Signature", Word(("prompt", "schema"))),
    (_MAF, "ClassSkill", _MAYBE_SKILL),
    (_MAF, "Executor", Word(("agent", "tool"), False)),
    (_LANGCHAIN, "BaseChatModel BaseLLM LLM", _MAYBE_MODEL),
    ("agno", "Model", _MAYBE_MODEL),
    ("smolagents", "Model", _MAYBE_MODEL),
    ("pydantic_ai agents", "Model", _MAYBE_MODEL),
    ("strands", "Model", _MAYBE_MODEL),
    ("camel", "BaseModelBackend", _MAYBE_MODEL),
)

CONSTRUCTORS = _table(
    # agents
    ("agents", "Agent SandboxAgent RealtimeAgent", _AGENT),
    ("google", "Agent LlmAgent SequentialAgent ParallelAgent LoopAgent RemoteA2aAgent", _AGENT),
    ("strands", "Agent Swarm GraphBuilder", _AGENT),
    (_MAF, "Agent ChatAgent RawAgent ClaudeAgent GitHubCopilotAgent FoundryAgent A2AAgent CopilotStudioAgent", _AGENT),
    (_MAF, "AzureAIAgent WorkflowAgent DurableAgent", _AGENT),
    (
        _MAF,
        "WorkflowBuilder SequentialBuilder ConcurrentBuilder GroupChatBuilder HandoffBuilder MagenticBuilder",
        _AGENT,
    ),
    (_AUTOGEN, "AssistantAgent CodeExecutorAgent UserProxyAgent SocietyOfMindAgent MessageFilterAgent", _AGENT),
    (_AUTOGEN, "RoundRobinGroupChat SelectorGroupChat Swarm MagenticOneGroupChat GraphFlow MagenticOne", _AGENT),
    (
        _AUTOGEN,
        "MultimodalWebSurfer FileSurfer VideoSurfer OpenAIAgent OpenAIAssistantAgent MagenticOneCoderAgent",
        _AGENT,
    ),
    (_AUTOGEN, "ConversableAgent GroupChat GroupChatManager ToolAgent", _AGENT),
    ("autogen ag2", "Agent LiveAgent", _AGENT),
    (
        "semantic_kernel",
        "ChatCompletionAgent OpenAIAssistantAgent AzureAssistantAgent OpenAIResponsesAgent AzureResponsesAgent "
        "AzureAIAgent BedrockAgent CopilotStudioAgent AgentGroupChat SequentialOrchestration ConcurrentOrchestration "
        "HandoffOrchestration GroupChatOrchestration MagenticOrchestration",
        _AGENT,
    ),
    ("agno", "Agent Team Workflow RemoteAgent RemoteTeam ClaudeAgent", _AGENT),
    ("haystack haystack_experimental", "Agent", _AGENT),
    ("haystack", "Pipeline AsyncPipeline", _AGENT),
    ("dspy", "ReAct CodeAct ProgramOfThought", Word(("agent", "tool"))),
    ("dspy", "ChainOfThought Predict", Word(("agent", "tool", "prompt"), False)),
    ("langgraph", "StateGraph create_react_agent MessageGraph", _AGENT),
    (f"{_LANGCHAIN} deepagents langgraph_supervisor langgraph_swarm", "create_agent create_deep_agent", _AGENT),
    ("langgraph_supervisor langgraph_swarm", "create_supervisor create_swarm", _AGENT),
    (
        _LANGCHAIN,
        "AgentExecutor initialize_agent create_openai_functions_agent create_openai_tools_agent create_sql_agent "
        "create_tool_calling_agent create_react_agent create_structured_chat_agent create_pandas_dataframe_agent",
        _AGENT,
    ),
    (_LANGCHAIN, "LLMChain ConversationChain RetrievalQA", _MAYBE_AGENT),
    (f"{_LLAMA}", "FunctionAgent ReActAgent CodeActAgent AgentWorkflow OpenAIAgent FunctionCallingAgent", _AGENT),
    ("smolagents", "CodeAgent ToolCallingAgent", _AGENT),
    ("pydantic_ai", "Agent", _AGENT),
    ("pydantic_ai", "TemporalAgent DBOSAgent PrefectAgent", _MAYBE_AGENT),
    ("crewai", "Agent Crew LiteAgent", _AGENT),
    ("crewai", "Task", _PROMPT),
    ("claude_agent_sdk claude_code_sdk", "AgentDefinition", _AGENT),
    ("beeai_framework", "RequirementAgent ReActAgent ToolCallingAgent AgentWorkflow Workflow", _AGENT),
    ("camel", "ChatAgent Workforce CriticAgent TaskSpecifyAgent TaskPlannerAgent MCPAgent", _AGENT),
    ("camel", "RolePlaying", _MAYBE_AGENT),
    ("livekit", "Agent", _AGENT),
    ("marvin", "Agent Team", _AGENT),
    ("mcp_agent agentscope agency_swarm", "Agent Agency AgentSpec ReActAgent UserAgent", _AGENT),
    ("atomic_agents", "AtomicAgent BaseAgent", _AGENT),
    ("controlflow praisonaiagents swarms swarm browser_use", "Agent", _AGENT),
    (
        "praisonaiagents",
        "AudioAgent AutoRagAgent DeepResearchAgent AgentManager AutoAgents CodeAgent "
        "ImageAgent OCRAgent VideoAgent AgentFlow AgentTeam Agents PraisonAIAgents Workflow",
        _AGENT,
    ),
    (
        "swarms",
        "AgentRearrange ConcurrentWorkflow GraphWorkflow GroupChat HeavySwarm HierarchicalSwarm SequentialWorkflow "
        "AutoSwarmBuilder RoundRobinSwarm SwarmRouter MixtureOfAgents SpreadSheetSwarm DebateWithJudge MajorityVoting",
        _AGENT,
    ),
    ("controlflow praisonaiagents", "Task", _PROMPT),
    ("upsonic", "Agent Agency", _MAYBE_AGENT),
    ("letta letta_client", "Agent", _MAYBE_AGENT),
    # tools
    (f"agents agno google autogen_core autogen_ext {_MAF}", "FunctionTool", _TOOL),
    (f"{_LLAMA} camel mirascope", "FunctionTool QueryEngineTool", _TOOL),
    (_LANGCHAIN, "Tool StructuredTool create_retriever_tool", _TOOL),
    ("pydantic_ai haystack dspy", "Tool", _TOOL),
    ("haystack", "ComponentTool PipelineTool", _TOOL),
    ("google", "AgentTool LongRunningFunctionTool LangchainTool CrewaiTool", _TOOL),
    ("autogen_agentchat", "AgentTool TeamTool", _TOOL),
    ("pipecat", "FunctionSchema", _TOOL),
    ("google vertexai", "FunctionDeclaration", _TOOL),
    ("openai", "pydantic_function_tool", _MAYBE_TOOL),
    ("google vertexai", "GenerativeModel", _MAYBE_MODEL),
    ("semantic_kernel", "KernelFunctionFromMethod", _TOOL),
    ("semantic_kernel", "KernelFunctionFromPrompt", Word(("prompt", "tool"))),
    ("agno", "Toolkit Function", _TOOL),
    ("pydantic_ai", "FunctionToolset", _MAYBE_TOOL),
    ("gptme", "ToolSpec", _TOOL),
    ("mcp mcp_types fastmcp", "Tool", _MAYBE_TOOL),
    (f"smolagents {_LANGCHAIN}", "tool", _TOOL),
    ("instructor", "from_openai from_anthropic from_provider from_litellm from_groq patch apatch", _MAYBE_MODEL),
    ("instructor", "from_gemini from_mistral from_cohere from_vertexai from_fireworks from_cerebras", _MAYBE_MODEL),
    # prompts
    (
        f"{_LANGCHAIN} langchain_prompty",
        "PromptTemplate ChatPromptTemplate FewShotPromptTemplate FewShotChatMessagePromptTemplate",
        _PROMPT,
    ),
    (_LANGCHAIN, "SystemMessagePromptTemplate HumanMessagePromptTemplate AIMessagePromptTemplate", _MAYBE_PROMPT),
    (_LLAMA, "PromptTemplate ChatPromptTemplate RichPromptTemplate", _PROMPT),
    ("semantic_kernel", "PromptTemplateConfig KernelPromptTemplate", _PROMPT),
    ("haystack", "PromptBuilder ChatPromptBuilder", _PROMPT),
    ("camel", "TextPrompt CodePrompt", _PROMPT),
    ("beeai_framework", "PromptTemplate", _PROMPT),
    ("dspy", "Signature", Word(("prompt", "schema"), required=False)),
    # servers
    ("mcp fastmcp", "FastMCP MCPServer", _SERVER),
    ("mcp", "Server", _SERVER),
    ("claude_agent_sdk claude_code_sdk", "create_sdk_mcp_server", _SERVER),
    (
        f"agents pydantic_ai smolagents agno google {_MAF} camel livekit mcp langchain_mcp_adapters {_AUTOGEN} strands "
        "crewai_tools haystack_integrations semantic_kernel llama_index mcpadapt fastmcp beeai_framework pipecat",
        "MCPServerStdio MCPServerSse MCPServerSSE MCPServerHTTP MCPServerStreamableHttp MCPServerStreamableHTTP "
        "MCPTools MultiMCPTools MCPToolset MCPStdioTool MCPStreamableHTTPTool MCPWebsocketTool MCPToolkit MCPClient "
        "McpWorkbench MultiServerMCPClient StdioServerParameters HostedMCPTool MCPServerTool MCPServerAdapter MCPTool "
        "MCPToolBox MCPStdioPlugin MCPSsePlugin MCPStreamableHttpPlugin BasicMCPClient McpToolSpec StdioServerParams "
        "SseServerParams MCPServerManager MCPServerConfig StreamableHttpServerParams",
        _MAYBE_SERVER,
    ),
    ("fastmcp", "Client", _MAYBE_SERVER),
    (_MAF, "InlineSkill", _MAYBE_SKILL),
)

_MODELS = (
    (re.compile(r"^agno\.models\."), re.compile(r"^\w*[A-Z]\w+$")),
    (
        re.compile(r"^langchain(_\w+)?\."),
        re.compile(
            r"^(Chat(OpenAI|Anthropic|Google\w*|VertexAI|Ollama|Groq|Mistral\w*|Bedrock\w*|Cohere|Fireworks|Together|"
            r"LiteLLM|HuggingFace|NVIDIA|XAI|DeepSeek|Perplexity|WatsonX)|AzureChatOpenAI|OpenAI|AzureOpenAI|Ollama\w*|"
            r"Bedrock(Converse)?|init_chat_model)$"
        ),
    ),
    (re.compile(r"^pydantic_ai\."), re.compile(r"^[A-Z]\w*Model$")),
    (
        re.compile(r"^agents\."),
        re.compile(r"^(OpenAI(Responses|Chat|Realtime)\w*Model|LitellmModel|AnyLLMModel)$"),
    ),
    (re.compile(r"^smolagents(\.|$)"), re.compile(r"^[A-Z]\w*Model$")),
    (re.compile(r"^strands\."), re.compile(r"^[A-Z]\w*Model$")),
    (re.compile(r"^agent_framework(\.|_)"), re.compile(r"^(?!A2A|Purview|MCP)[A-Z]\w*Client$")),
    (re.compile(r"^autogen_ext\.models\."), re.compile(r"^[A-Z]\w*(ChatCompletionClient|SKChatCompletionAdapter)$")),
    (re.compile(r"^semantic_kernel\."), re.compile(r"^[A-Z]\w*(ChatCompletion|TextCompletion)$")),
    (re.compile(r"^llama_index\.llms\."), re.compile(r"^[A-Z]\w*$")),
    (re.compile(r"^google\.adk\.models\."), re.compile(r"^(LiteLlm|Gemini|Claude)$")),
    (re.compile(r"^crewai\."), re.compile(r"^LLM$")),
    (re.compile(r"^camel\.models"), re.compile(r"^(ModelFactory|[A-Z]\w*Model)$")),
    (re.compile(r"^dspy(\.|$)"), re.compile(r"^LM$")),
    (re.compile(r"^haystack"), re.compile(r"^[A-Z]\w*Generator$")),
    (re.compile(r"^livekit\."), re.compile(r"^(LLM|RealtimeModel)$")),
    (re.compile(r"^pipecat\."), re.compile(r"^[A-Z]\w*LLMService$")),
    (re.compile(r"^agentscope\.model"), re.compile(r"^[A-Z]\w*(ChatModel|ResponseModel)$")),
    (re.compile(r"^browser_use(\.|$)"), re.compile(r"^Chat(?!Invoke)[A-Z]\w*$")),
    (re.compile(r"^beeai_framework\."), re.compile(r"^[A-Z]\w*ChatModel$")),
)

_OTHER_MODELS = re.compile(
    r"Embed|STT|TTS|Test|Fallback|Wrapper|Instrumented|Durable|DBOS|Prefect|Temporal|Image|Rerank"
)

TAKES_FUNCTIONS = ("tools", "functions", "standard_tools", "direct_functions", "toolset")
"""Arguments that hand functions to an agent."""

GIVES = frozenset(
    ["bind_tools", "from_tools", "as_agent", "create_agent", "ToolNode", "create_react_agent", "create_harness_agent"]
)
"""Calls that hand on the functions they get, whoever they are methods of."""

FRAMEWORKS = frozenset(
    [
        "agents",
        "google",
        "ollama",
        "strands",
        "agent_framework",
        "autogen_agentchat",
        "autogen_core",
        "autogen_ext",
        "autogen",
        "ag2",
        "semantic_kernel",
        "agno",
        "haystack",
        "dspy",
        "langgraph",
        "langchain",
        "langchain_core",
        "langchain_community",
        "langchain_classic",
        "langgraph_supervisor",
        "langgraph_swarm",
        "deepagents",
        "llama_index",
        "smolagents",
        "pydantic_ai",
        "crewai",
        "claude_agent_sdk",
        "beeai_framework",
        "camel",
        "letta",
        "livekit",
        "pipecat",
        "mcp_agent",
        "agentscope",
        "agency_swarm",
        "atomic_agents",
        *("controlflow", "praisonaiagents", "swarms", "swarm", "browser_use", "metagpt"),
        "mirascope",
        "instructor",
        "marvin",
        "promptflow",
        "mcp",
        "fastmcp",
        "openai",
        "anthropic",
        "ollama",
    ]
)


def look_up(table: Table, dotted: str) -> Word | None:
    """Return what the table says of the object of this dotted name."""
    head, _, last = dotted.rpartition(".")
    top = (head or last).partition(".")[0]
    return next((word for packages, word in table.get(last, ()) if top in packages), None)


def object_of(dotted: str) -> str | None:
    """Return the name under which `METHODS` has the methods of objects of this class."""
    head, _, last = dotted.rpartition(".")
    top = head.partition(".")[0]
    return next((name for packages, name in OBJECTS.get(last, ()) if top in packages), None)


def is_model(dotted: str) -> bool:
    """Tell whether constructing the class of this dotted name makes a model."""
    last = dotted.rpartition(".")[2]
    return not _OTHER_MODELS.search(last) and any(where.match(dotted) and name.match(last) for where, name in _MODELS)
