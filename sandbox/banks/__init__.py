"""The banks: each knows the cards that it issued."""
