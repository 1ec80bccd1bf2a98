"""Finding what could become an entry: in packages, paths, plugins and this process; nothing foreign is run."""
