"""Graph to Graph: a pass is a module of this folder with a function of the same name (graph_pass.py), pipelines.py says which run."""
