"""What the faces cost: the server, beside the same calls in this process and beside others that serve the file."""
