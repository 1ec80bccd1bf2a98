"""What all verbs share: the store, the tiers, the snapshot, the caches and the locks."""
