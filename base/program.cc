#include "base/program.h"

#include <gflags/gflags.h>

#include <cstdio>
#include <cstdlib>
#include <string>

DECLARE_bool(help);

namespace google {
// gflags calls this to exit; its own exit status would be 1.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace caldera::base {

void ParseFlags(int* argc, char*** argv) {
  google::gflags_exitfunc = [](int) { std::exit(2); };
  gflags::ParseCommandLineNonHelpFlags(argc, argv, /*remove_flags=*/true);
}

int RunTool(int argc, char** argv, const char* usage, int (*main)()) {
  ParseFlags(&argc, &argv);
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
