def exported(a, b=1):
    """Add two things."""


def kept(a):
    """Stays private."""
