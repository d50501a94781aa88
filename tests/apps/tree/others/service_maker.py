# The successor of pyds.
from pyservicemaker import Flow, Pipeline

Flow(Pipeline("x")).batch_capture(["sample_720p.mp4"]).infer("pgie.yml").render()()
