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
    bool understood = !words.first.empty();
    if (words.first.size() < entry.size()) {
      for (const absl::string_view block : absl::StrSplit(words.second, '+')) {
        int32_t number = 0;
        understood = absl::SimpleAtoi(block, &number) && understood;
        readout.add_block(number);
      }
    }
    if (!understood) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", entry,
                       "\" is not NAME, NAME@BLOCK or NAME@BLOCK+BLOCK, as in "
                       "cls,mean@9"));
    }
  }
  return spec;
}

}  // namespace caldera::eval
