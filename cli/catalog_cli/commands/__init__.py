"""One module for each command; none is imported before its command is asked for."""
