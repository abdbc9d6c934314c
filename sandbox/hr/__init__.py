"""The HR system: tells who joined, moved or left."""
