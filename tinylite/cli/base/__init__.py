"""What the commands share: the group that finds them, options, the terminal, and tables that several show."""
