"""What users have (numbers, pictures, sound) as the values that a model's inputs store, and back."""
