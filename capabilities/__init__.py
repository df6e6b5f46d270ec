"""What can be asked for or given, missions, and what they asked for."""
