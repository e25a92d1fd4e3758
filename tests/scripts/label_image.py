"""Names what is on pictures. It is written as people write such scripts; tests run it with another package in its import."""

import argparse

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


def load_labels(path):
    with open(path) as file:
        return [line.strip() for line in file]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", "--model_file", required=True, help=".tflite model to be executed")
    parser.add_argument("-l", "--label_file", help="file with a label in each line")
    parser.add_argument("--input_mean", default=127.5, type=float)
    parser.add_argument("--input_std", default=127.5, type=float)
    parser.add_argument("--num_threads", default=None, type=int)
    parser.add_argument("images", nargs="+")
    args = parser.parse_args()

    interpreter = Interpreter(model_path=args.model_file, num_threads=args.num_threads)
    interpreter.allocate_tensors()
    input_details = interpreter.get_input_details()
    output_details = interpreter.get_output_details()
    print("input", input_details[0]["shape"], input_details[0]["dtype"].__name__, input_details[0]["quantization"])
    print("output", output_details[0]["shape"], output_details[0]["dtype"].__name__, output_details[0]["quantization"])

    # NxHxWxC, H:1, W:2
    _, height, width, channels = input_details[0]["shape"]
    floating_model = input_details[0]["dtype"] == np.float32
    for path in args.images:
        img = Image.open(path).convert("L" if channels == 1 else "RGB").resize((width, height))
        input_data = np.expand_dims(np.asarray(img).reshape(height, width, channels), axis=0)
        if floating_model:
            input_data = (np.float32(input_data) - args.input_mean) / args.input_std
            input_data = input_data.astype(np.float32)
        interpreter.set_tensor(input_details[0]["index"], input_data)
        interpreter.invoke()

        results = np.squeeze(interpreter.get_tensor(output_details[0]["index"]))
        labels = load_labels(args.label_file) if args.label_file else [str(i) for i in range(len(results))]
        for i in results.argsort(kind="stable")[-3:][::-1]:
            score = float(results[i]) if floating_model else float(results[i] / 255.0)
            print(f"{path}: {score:08.4f}: {labels[i]}")


if __name__ == "__main__":
    main()
