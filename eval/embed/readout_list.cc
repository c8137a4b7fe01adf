#include "eval/embed/readout_list.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::eval {

absl::StatusOr<EvalSpec> ParseReadoutList(const std::string& list) {
  EvalSpec spec;
  for (const absl::string_view entry : absl::StrSplit(list, ',')) {
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(entry, absl::MaxSplits('@', 1));
    ReadoutSpec& readout = *spec.add_readout();
    readout.set_feature(absl::AsciiStrToUpper(words.first));
    int32_t block = 0;
    const bool has_block = words.first.size() < entry.size();
    if (words.first.empty() ||
        (has_block && !absl::SimpleAtoi(words.second, &block))) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", entry,
                       "\" is not NAME or NAME@BLOCK, as in "
                       "cls,mean@9"));
    }
    if (has_block) readout.set_block(block);
  }
  return spec;
}

}  // namespace caldera::eval
