// Joins words as a sentence does, for error messages.
//
//   JoinWords({"JPEG", "PNG", "BMP"}, "or");  // "JPEG, PNG or BMP"
#ifndef CALDERA_BASE_JOIN_WORDS_H_
#define CALDERA_BASE_JOIN_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::base {

// Returns `words` with commas between them, and `last` before the last one.
std::string JoinWords(const std::vector<std::string>& words,
                      absl::string_view last);

}  // namespace caldera::base

#endif  // CALDERA_BASE_JOIN_WORDS_H_
