"""The studio's own MCP server at /mcp: what an agent may look at, start and decide, with the rights of its token."""
