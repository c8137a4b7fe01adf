#include "base/program/program.h"

#include <gflags/gflags.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
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

void LetFlagStandAlone(char* alone, int argc, char** argv) {
  const std::string flag(alone, std::strcspn(alone, "="));
  for (int i = 1; i < argc; ++i) {
    // gflags takes one dash for two, and the next argument for the value.
    const bool is_bare = argv[i] == flag || "-" + std::string(argv[i]) == flag;
    const bool is_last = i + 1 == argc || argv[i + 1][0] == '-';
    if (is_bare && is_last) argv[i] = alone;
  }
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
