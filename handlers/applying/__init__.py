"""The flow `apply`, one file a stretch of the road. They import each other one way:

matters, start, submitting, mending and choosing → road → checking; papers stand beside them.
"""
