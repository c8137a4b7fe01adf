#include "magma/validate_regularizer_spec.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/status.h"

namespace caldera::magma {
namespace {

absl::Status FieldError(const std::string& field, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::StatusOr<int64_t> ResolveBlock(const std::string& field, bool given,
                                     int64_t block, int64_t num_blocks) {
  if (!given) return FieldError(field, "is missing; name a block");
  const int64_t resolved = block < 0 ? block + num_blocks : block;
  if (resolved >= 0 && resolved < num_blocks) return resolved;
  std::string range = absl::StrCat("(0 to ", num_blocks - 1);
  if (block < 0) absl::StrAppend(&range, ", or -1 to ", -num_blocks);
  return FieldError(
      field, absl::StrCat("block ", block, " does not exist in an encoder of ",
                          num_blocks, " blocks ", range, ")"));
}

}  // namespace

absl::Status Validate(const RegularizerSpec& spec, int64_t num_blocks) {
  base::FieldCheck check;
  check.Above("rbf_scale", spec.rbf_scale(), 0);
  if (spec.has_fixed()) check.Above("fixed", spec.fixed(), 0);
  if (spec.has_nearest_neighbours()) {
    check.AtLeast("nearest_neighbours.k", spec.nearest_neighbours().k(), 1);
  }
  check.AtLeast("kernel_neighbours", spec.kernel_neighbours(), 0,
                "0 keeps every neighbour");
  RETURN_IF_ERROR(check.status());
  return ResolvePairs(spec, num_blocks).status();
}

absl::StatusOr<std::vector<std::pair<int64_t, int64_t>>> ResolvePairs(
    const RegularizerSpec& spec, int64_t num_blocks) {
  if (num_blocks < 2) {
    return FieldError("pair", absl::StrCat("needs an encoder of at least two "
                                           "blocks; this one has ",
                                           num_blocks));
  }
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int i = 0; i < spec.pair_size(); ++i) {
    const LayerPair& pair = spec.pair(i);
    const std::string field = absl::StrCat("pair[", i, "]");
    ASSIGN_OR_RETURN(
        const int64_t reference,
        ResolveBlock(absl::StrCat(field, ".reference"), pair.has_reference(),
                     pair.reference(), num_blocks));
    ASSIGN_OR_RETURN(
        const int64_t target,
        ResolveBlock(absl::StrCat(field, ".target"), pair.has_target(),
                     pair.target(), num_blocks));
    if (reference >= target) {
      return FieldError(
          field, absl::StrCat("reference block ", reference,
                              " must come before target block ", target));
    }
    for (size_t earlier = 0; earlier < pairs.size(); ++earlier) {
      if (pairs[earlier] == std::make_pair(reference, target)) {
        return FieldError(field,
                          absl::StrCat("repeats pair[", earlier, "], block ",
                                       reference, " -> ", target));
      }
    }
    pairs.emplace_back(reference, target);
  }
  if (pairs.empty()) pairs.emplace_back(num_blocks - 2, num_blocks - 1);
  return pairs;
}

}  // namespace caldera::magma
