"""Who belongs to which delegation: inviting, changing, handing over, ending."""
