"""Postgres, a broker and the product's processes on one machine, from wheels, for scripts/run and the tests."""
