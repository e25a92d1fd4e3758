"""What formats of dumps share: entries, their names, sizes and types, and text."""
