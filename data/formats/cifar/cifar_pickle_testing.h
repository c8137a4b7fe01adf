// Writes files of CIFAR's python version as Python 2 and NumPy 1.6 do, for
// tests.
//
//   base::WriteFile(folder + "/data_batch_1",
//                   PickledCifarBatch("labels", pixels, {6, 9}));
#ifndef CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_TESTING_H_
#define CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_TESTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace caldera::data {

// Returns the opcode with a number of four bytes.
inline std::string PickledNumber(char opcode, uint32_t number) {
  std::string bytes(1, opcode);
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<char>(number >> shift));
  }
  return bytes;
}

inline std::string PickledText(const std::string& text) {
  return PickledNumber('T', static_cast<uint32_t>(text.size())) + text;
}

// Returns the array of bytes [images, 3072] whose values are in the order of
// the file.
inline std::string PickledPixels(uint32_t images, const std::string& values,
                                 bool columns_first = false) {
  using std::string_literals::operator""s;
  return absl::StrCat(
      "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n", "K\0\x85"s,
      PickledText("b"), "\x87R(K\1", PickledNumber('J', images),
      PickledNumber('J', 3072), "\x86", "cnumpy\ndtype\n", PickledText("u1"),
      "K\0K\1\x87R(K\3"s, PickledText("|"),
      "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff", "K\0tb"s,
      columns_first ? "\x88" : "\x89", PickledText(values), "tb");
}

// Returns a batch; labels are below 256.
inline std::string PickledCifarBatch(const std::string& label_key,
                                     const std::string& pixels,
                                     const std::vector<int>& labels,
                                     bool columns_first = false) {
  std::string list = "](";
  for (const int label : labels) {
    absl::StrAppend(&list, "K", std::string(1, static_cast<char>(label)));
  }
  return absl::StrCat("\x80\x02}(", PickledText("batch_label"),
                      PickledText("a batch"), PickledText(label_key), list, "e",
                      PickledText("data"),
                      PickledPixels(static_cast<uint32_t>(labels.size()),
                                    pixels, columns_first),
                      "u.");
}

// Returns the file with the names of the classes.
inline std::string PickledCifarNames(const std::string& key,
                                     const std::vector<std::string>& names) {
  std::string list = "](";
  for (const std::string& name : names)
    absl::StrAppend(&list, PickledText(name));
  return absl::StrCat("\x80\x02}(", PickledText(key), list, "eu.");
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CIFAR_CIFAR_PICKLE_TESTING_H_
