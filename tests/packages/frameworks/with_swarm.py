"""Agents of Swarm, which hand over by functions."""

from swarm import Agent


def to_sales() -> Agent:
    """Hand over to sales."""
    return sales


triage = Agent(name="Triage", instructions="Find out what is wanted.", functions=[to_sales])
sales = Agent(name="Sales", instructions="Sell.")
