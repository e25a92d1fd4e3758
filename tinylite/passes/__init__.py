"""Graph to Graph: a pass is a module of this folder with a function of its own name (graph_pass.py), pipelines.py says which run."""
