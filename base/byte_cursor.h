#ifndef CALDERA_BASE_BYTE_CURSOR_H_
#define CALDERA_BASE_BYTE_CURSOR_H_

// Takes little-endian numbers and runs of bytes off the front of a file's
// content, and never more than there is.
//
//   ByteCursor cursor(bytes);
//   uint32_t signature;
//   if (!cursor.Read(&signature)) return Damaged("it ends too early");
//
// Caveat: numbers are copied as they lie; the machine is little-endian.

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace caldera::base {

class ByteCursor {
 public:
  explicit ByteCursor(absl::string_view bytes) : rest_(bytes) {}

  // False, *value zero and nothing taken, where fewer bytes are left.
  template <typename T>
  bool Read(T* value) {
    static_assert(std::is_arithmetic_v<T>);
    *value = 0;
    absl::string_view bytes;
    if (!Take(sizeof(T), &bytes)) return false;
    std::memcpy(value, bytes.data(), sizeof(T));
    return true;
  }

  bool Take(uint64_t size, absl::string_view* bytes) {
    if (size > rest_.size()) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // Up to the next line feed, which is taken too and left out.
  bool TakeLine(absl::string_view* line) {
    const size_t end = rest_.find('\n');
    if (end == absl::string_view::npos) return false;
    *line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_BYTE_CURSOR_H_
