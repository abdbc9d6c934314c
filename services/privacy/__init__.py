"""A person's rights in their data: to see it, take it along, correct it and have it erased."""
