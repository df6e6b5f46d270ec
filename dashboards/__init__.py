"""Pages that combine the figures of several apps."""
