// Reads NumPy's arrays of integers from a pickle (base/pickle/pickle.h), of any
// protocol and version of NumPy, and the texts and bytes of Python 2 and 3.
//
//   PickledArray array;
//   if (ReadPickledArray(value, &array) && array.shape.size() == 2) {
//     const PickledBytes bytes(*array.values, limit);
//
// A pickle may use one value a million times, so that nothing here takes longer
// than what it returns is large. No LibTorch here.
#ifndef CALDERA_DATA_FORMATS_CIFAR_PICKLED_ARRAY_H_
#define CALDERA_DATA_FORMATS_CIFAR_PICKLED_ARRAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/pickle/pickle.h"

namespace caldera::data {

// True for the functions and classes with which NumPy and Python write arrays,
// bytes and dictionaries.
bool IsKnownGlobal(const base::PickleValue& global);

// A value's text or bytes; not valid if it is something else or has more than
// `most` bytes. The value and its input must outlive it.
struct PickledBytes {
  absl::string_view view;
  bool valid = false;

  PickledBytes(const base::PickleValue& value, uint64_t most);
  PickledBytes(const PickledBytes&) = delete;
  PickledBytes& operator=(const PickledBytes&) = delete;

 private:
  std::string own_;
};

// True if `value` is that text of ASCII, as text or bytes.
bool IsPickledText(const base::PickleValue& value, absl::string_view text);

struct PickledArray {
  std::vector<int64_t> shape;  // empty: a single number
  int64_t item_size = 0;       // bytes of an integer
  bool is_signed = false, big_endian = false;
  bool columns_first = false;                 // in Fortran's order
  const base::PickleValue* values = nullptr;  // see PickledBytes
};

// Reads an array of integers; returns false for anything else. The bytes in
// `values` may be fewer or more than the shape needs.
bool ReadPickledArray(const base::PickleValue& value, PickledArray* array);

// Adds the integers of a list, plain or NumPy's, or of an array of one
// dimension. Returns false for anything else.
bool ReadPickledIntegers(const base::PickleValue& value,
                         std::vector<int64_t>* integers);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CIFAR_PICKLED_ARRAY_H_
