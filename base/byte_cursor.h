// Reads little-endian numbers and runs of bytes from the front of a file's
// content, and never beyond its end.
//
//   ByteCursor cursor(bytes);
//   uint32_t signature;
//   if (!cursor.Read(&signature)) return Damaged("it ends too early");
//
// Caveat: numbers are copied as they are stored; the machine is little-endian.
#ifndef CALDERA_BASE_BYTE_CURSOR_H_
#define CALDERA_BASE_BYTE_CURSOR_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace caldera::base {

class ByteCursor {
 public:
  explicit ByteCursor(absl::string_view bytes) : rest_(bytes) {}

  // Reads a number. Returns false, with *value zero and nothing taken, if fewer
  // bytes are left.
  template <typename T>
  bool Read(T* value) {
    static_assert(std::is_arithmetic_v<T>);
    *value = 0;
    absl::string_view bytes;
    if (!Take(sizeof(T), &bytes)) return false;
    std::memcpy(value, bytes.data(), sizeof(T));
    return true;
  }

  // Takes the next `size` bytes. Returns false, with nothing taken, if fewer
  // are left.
  bool Take(uint64_t size, absl::string_view* bytes) {
    if (size > rest_.size()) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // Takes the bytes up to the next line feed, which is taken too and left out
  // of *line. Returns false if there is no line feed.
  bool TakeLine(absl::string_view* line) {
    const size_t end = rest_.find('\n');
    if (end == absl::string_view::npos) return false;
    *line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  // Returns the bytes that are left.
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_BYTE_CURSOR_H_
