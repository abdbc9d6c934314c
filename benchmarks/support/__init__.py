"""What the benchmarks share: processes to start, people to play, and judges."""
