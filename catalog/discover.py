"""From what was seen in code to what is stored: new is added, changed is updated, drifted is reported and stays."""
