from crewai import Agent, Crew, Task
from crewai.flow.flow import Flow, start
from crewai.project import CrewBase, agent, before_kickoff, crew, task


@CrewBase
class Press:
    """Writes the news."""

    @before_kickoff
    def prepare(self, inputs):
        return inputs

    @agent
    def reporter(self) -> Agent:
        """Reports."""
        return Agent(config=self.agents_config["reporter"])

    @task
    def report(self) -> Task:
        """Report the news."""
        return Task(config=self.tasks_config["report"])

    @crew
    def crew(self) -> Crew:
        """Reports together."""
        return Crew(agents=self.agents, tasks=self.tasks)


class Daily(Flow):
    """Runs every day."""

    @start()
    def begin(self): ...


check = Task(description="Check the {fact}.", expected_output="Yes or no.", name="check")
desk = Crew(name="desk", agents=[], tasks=[check])
