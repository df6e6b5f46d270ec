"""What scripts/check looks at."""
