"""From what is seen in code to entries: scans, plug-ins, marked objects, reloads."""
