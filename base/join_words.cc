#include "base/join_words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::base {

std::string JoinWords(const std::vector<std::string>& words,
                      absl::string_view last) {
  if (words.size() < 2) return absl::StrJoin(words, "");
  return absl::StrCat(absl::StrJoin(words.begin(), words.end() - 1, ", "), " ",
                      last, " ", words.back());
}

}  // namespace caldera::base
