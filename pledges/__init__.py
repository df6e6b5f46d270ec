"""Pledges: their life, who sees them, what their numbers mean."""
