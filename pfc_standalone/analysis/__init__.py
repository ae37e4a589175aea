"""What is measured from a dataset: functions that need nothing beside it."""
