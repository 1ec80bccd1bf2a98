"""Calling what is elsewhere: MCP servers, operations of APIs, A2A agents; with limits, under a policy of trust."""
