"""What a catalog does: functions whose first argument is a workspace."""
