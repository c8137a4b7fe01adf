#include "base/program/old_flags.h"

#include <gflags/gflags.h>

#include <cstdio>
#include <deque>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace caldera::base {
namespace {

// A flag's older name, or another program's, and the one that it has here.
struct Renamed {
  const char* old_name;
  const char* new_name;
};

// The first line applies whose old name is none of the program's flags and
// whose new one is.
constexpr Renamed kRenamed[] = {
    {"run_dir", "run"},       // pretrain, finetune, report
    {"runs", "run"},          // figures
    {"run", "checkpoint"},    // probe, convert: they read a run's weights
    {"input", "checkpoint"},  // convert
    {"output", "out"},        // all that write
    {"specs", "spec"},        // sweep
    {"spec", "data_spec"},    // inspect
    {"checkpoint", "start"},  // pretrain, finetune: weights to begin with
    {"init", "start"},        // as many other programs call it
};

bool IsFlag(const std::string& name) {
  gflags::CommandLineFlagInfo info;
  return gflags::GetCommandLineFlagInfo(name.c_str(), &info);
}

// Returns the name that a flag has now, "" if it is the same or unknown.
std::string NewName(const std::string& name) {
  if (IsFlag(name)) return "";
  for (const Renamed& renamed : kRenamed) {
    if (name == renamed.old_name && IsFlag(renamed.new_name)) {
      return renamed.new_name;
    }
  }
  return "";
}

}  // namespace

void RenameOldFlags(int argc, char** argv) {
  // The arguments live as long as argv does.
  static auto* const renamed = new std::deque<std::string>();
  std::set<std::string> said;
  for (int i = 1; i < argc && absl::string_view(argv[i]) != "--"; ++i) {
    absl::string_view rest = argv[i];
    if (!absl::ConsumePrefix(&rest, "-")) continue;
    absl::ConsumePrefix(&rest, "-");
    const std::string old_name(rest.substr(0, rest.find('=')));
    const std::string new_name = NewName(old_name);
    if (new_name.empty()) continue;
    if (said.insert(old_name).second) {
      std::fprintf(stderr, "note: --%s is called --%s here\n", old_name.c_str(),
                   new_name.c_str());
    }
    rest.remove_prefix(old_name.size());
    argv[i] = renamed->emplace_back(absl::StrCat("--", new_name, rest)).data();
  }
}

}  // namespace caldera::base
