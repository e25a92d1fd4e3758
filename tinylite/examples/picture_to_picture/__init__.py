"""Picture to picture: a small network learns to draw photographs as cartoons, with weights and arithmetic of 8 bits.

Run it with `python -m tinylite.examples.picture_to_picture`. It needs tensorflow and scikit-learn, whose two photographs it
learns from. The way goes through these files, in this order:

photographs.py, cartoon.py   what is learned from: photographs, and a classical filter that makes cartoons of them
network.py                   the network
training.py                  training with fake quantization
tutorial.py                  all of it: train, freeze, convert to float and to uint8, run, compare
"""
