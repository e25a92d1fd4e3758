"""The model that ships inside tinylite: a uint8 classifier of handwritten digits, ten held-out digits, and what made them."""
