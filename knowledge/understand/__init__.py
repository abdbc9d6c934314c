"""Understanding a question: normalising, places, rule gates, features and the light classifier."""
