"""The command line of the catalog."""
