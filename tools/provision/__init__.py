"""The parts of the development environment, one module each; see ``environment``."""
