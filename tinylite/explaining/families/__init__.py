"""How each operator computes an element: functions marked with `@explains`, one file for each family of operators."""
