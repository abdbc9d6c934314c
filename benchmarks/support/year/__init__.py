"""The simulated year of a company (`benchmarks.company`)."""
