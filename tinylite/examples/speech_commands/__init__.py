"""Speech commands: from recordings to a uint8 file that tells words apart.

WAV ──sounds──> seconds ──features──> coefficients ──network, training──> checkpoint ──training.freeze──> frozen graph ──convert──> .tflite
"""
