"""From TensorFlow's graphs and models to .tflite files."""
