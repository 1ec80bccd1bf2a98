"""Trust: which references may be imported, and which configuration files may name them."""
