"""Made-up pledges for benchmarks and load tests: as skewed as the record, and marked as made up in every row."""
