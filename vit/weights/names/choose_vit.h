// Finds the Vision Transformers of a file by the names of its tensors, and
// chooses one of them.
//
//   std::set<std::string> prefixes;
//   for (const std::string& name : names) {
//     if (const auto prefix = VitPrefix(name)) prefixes.insert(*prefix);
//   }
//   absl::StatusOr<VitChoice> choice = ChooseVit(prefixes, "", "x.pth");
//   choice->prefix;  // "teacher.module.backbone."
//
// The prefix may have any name: it is what stands before the one tensor that
// every ViT has. The names of dictionaries that hold a state dict count as a
// part of it. The library does not need LibTorch.
#ifndef CALDERA_VIT_WEIGHTS_NAMES_CHOOSE_VIT_H_
#define CALDERA_VIT_WEIGHTS_NAMES_CHOOSE_VIT_H_

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {

// Returns what stands before the name of a patch embedding: "" or a text that
// ends with a dot. Returns none for the names of other tensors. The patch
// embeddings are those of the name tables (name_tables.h).
std::optional<std::string> VitPrefix(absl::string_view name);

struct VitChoice {
  std::string prefix;
  std::string note;  // which was taken of several; empty where there is one
};

// Chooses one of `prefixes`, of which there must be one at least. An averaged
// copy (a part of whose prefix is ema, teacher, target, momentum or averaged)
// is preferred to others, and these to a student or an online network; of
// equals the shortest prefix is taken, then the first of the alphabet. `key`
// keeps only those whose prefix has these parts ("student", "module.backbone");
// "." keeps the one without prefix. Errors: InvalidArgument, which begins with
// `file` and lists the prefixes, where `key` keeps none.
absl::StatusOr<VitChoice> ChooseVit(const std::set<std::string>& prefixes,
                                    const std::string& key,
                                    const std::string& file);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_NAMES_CHOOSE_VIT_H_
