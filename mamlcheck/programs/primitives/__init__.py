"""The primitive operations that programs are made of, one file each, found by its name.

A file offers:

- `shape(shapes, *settings)`: the shape of the result, from those of the inputs. Raises `InputError` for wrong ones.
- `value(ar, inputs, *settings)`: the result over an arithmetic; inputs and result are its arrays, or, for `positive`
  and `argmax` and those that take their result, NumPy arrays of flags and positions.
- `pull(x, y, slope, *settings)`: for each input, the derivative of a scalar by it, from `slope`, the derivative by the
  result y: values that are written with primitives of this list. None where it is 0 throughout.
"""
