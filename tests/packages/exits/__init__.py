"""Importing this ends the process."""

import os

os._exit(17)
