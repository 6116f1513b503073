"""Exported bundles and object detectors: their networks run by ONNX Runtime or OpenVINO.

Thresholds, statistics and calibration stay in the manifest and the safetensors, outside of the
networks; those are files beside them. PyTorch's weights stay too, so that any machine can compare.
"""
