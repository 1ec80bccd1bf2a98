"""What a scan reads that is not Python: skills, server lists, agent cards, API descriptions, prompt files, ..."""
