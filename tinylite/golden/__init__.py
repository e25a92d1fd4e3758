"""Golden outputs: record what a model computes, and say later what differs, where, and whose fault it is."""
