"""Agents and orders of work of Swarms."""

from swarms import Agent, SequentialWorkflow

analyst = Agent(agent_name="Analyst", agent_description="Reads figures.", model_name="m")
orderly = SequentialWorkflow(name="Report", description="Read, then write.", agents=[analyst])
