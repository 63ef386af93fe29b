"""Hand-over of a review's comments to other programs: values in, bytes of a file out; a module a format."""
