#include "base/tool.h"

#include <gflags/gflags.h>

#include <cstdio>
#include <cstdlib>
#include <string>

DECLARE_bool(help);

namespace google {
// gflags calls this where it would exit; its own choice of status is 1.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace caldera::base {

int RunTool(int argc, char** argv, const char* usage, int (*main)()) {
  google::gflags_exitfunc = [](int) { std::exit(2); };
  gflags::ParseCommandLineNonHelpFlags(&argc, &argv, /*remove_flags=*/true);
  if (FLAGS_help || argc > 1) {
    std::fputs(usage, FLAGS_help ? stdout : stderr);
    return FLAGS_help ? 0 : 2;
  }
  return main();
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  const bool mistake = absl::IsInvalidArgument(status) ||
                       absl::IsNotFound(status) ||
                       absl::IsFailedPrecondition(status);
  return mistake ? 2 : 1;
}

}  // namespace caldera::base
