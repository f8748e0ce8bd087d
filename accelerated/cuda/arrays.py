"""stub replaced below"""
from gd_attention.interchange import any_library as any_device  # noqa
