from flask import Flask
from somewhere import Agent, function_tool


def tool(function):
    return function


class BaseTool:
    pass


class PromptTemplate:
    @classmethod
    def from_template(cls, text):
        return cls()


class Hammer(BaseTool):
    name = "hammer"


class Belt:
    def tool(self, function):
        return function


@tool
def screw():
    """No tool of anybody's."""


@function_tool
def nail():
    """Nor this."""


agent = Agent("gpt")
prompt = PromptTemplate.from_template("hello {name}")
belt = Belt()
app = Flask(__name__)


@belt.tool
def saw():
    """A method that only sounds right."""


@app.tool()
def drill():
    """Somebody else's."""


def setup(server_room):
    @server_room.cleanup()
    def clean():
        """Another method."""
