"""How fast the product is, as a multiple of what the same rows cost without it. Run by scripts/bench."""
