#include "base/program/program.h"

#include <fcntl.h>
#include <gflags/gflags.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/nearest_name.h"
#include "base/program/exception_status.h"
#include "base/program/old_flags.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"

DECLARE_bool(help);

namespace google {
// gflags calls this to exit; its own exit status would be 1.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace caldera::base {
namespace {

// Ends the program where a flag names a home folder that there is not: a
// program that writes would make a folder of the name "~joe".
void CheckHomes() {
  std::vector<gflags::CommandLineFlagInfo> flags;
  gflags::GetAllFlags(&flags);
  for (const gflags::CommandLineFlagInfo& flag : flags) {
    if (flag.type != "string" || flag.is_default) continue;
    for (const absl::string_view path :
         absl::StrSplit(flag.current_value, ',')) {
      const std::string problem = UnknownHome(std::string(path));
      if (problem.empty()) continue;
      std::exit(Fail(absl::InvalidArgumentError(absl::StrCat(
          "--", flag.name, "=", flag.current_value, ": ", problem))));
    }
  }
}

// Opens /dev/null in the place of standard descriptors that are closed.
void OpenStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    // The lowest free descriptor is taken, which is fd.
    if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) < 0) return;
  }
}

// Ends the program for an exception that nobody catches, in one line. Nothing
// is allocated here but the line: memory may be what is missing.
[[noreturn]] void EndInOneLine() {
  std::string line = "the program ends without an exception";
  try {
    if (std::current_exception() != nullptr) {
      std::rethrow_exception(std::current_exception());
    }
  } catch (const std::exception& error) {
    line = ExceptionLine(error);
  } catch (...) {
    line = "an exception of an unknown type";
  }
  std::fprintf(stderr, "error: %s\n", line.c_str());
  std::fflush(nullptr);
  _exit(1);
}

// Returns the name of "--name=value", "-name" or "--noname"; "" for other
// arguments.
std::string FlagName(absl::string_view argument) {
  if (!absl::ConsumePrefix(&argument, "-")) return "";
  absl::ConsumePrefix(&argument, "-");
  return std::string(argument.substr(0, argument.find('=')));
}

// Ends the program with a suggestion; gflags would print an error without one.
void RefuseUnknownFlags(int argc, char** argv) {
  std::vector<gflags::CommandLineFlagInfo> flags;
  gflags::GetAllFlags(&flags);
  std::vector<std::string> known, ours;
  for (const gflags::CommandLineFlagInfo& flag : flags) {
    known.push_back(flag.name);
    if (flag.type == "bool") known.push_back("no" + flag.name);
    if (absl::StartsWith(flag.filename, "/")) continue;  // flag of a library
    ours.push_back(flag.name);
  }
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    const std::string name = FlagName(argv[i]);
    if (name.empty() ||
        std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    std::exit(Fail(absl::InvalidArgumentError(
        absl::StrCat("unknown flag \"", argv[i], "\"; did you mean --",
                     NearestName(name, ours), "? (--help lists them)"))));
  }
}

}  // namespace

int RunGuarded(const std::function<int()>& run,
               const std::function<bool()>& verbose) {
  OpenStandardDescriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::set_terminate(EndInOneLine);
  try {
    return run();
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", ExceptionLine(error).c_str());
    if (verbose && verbose()) std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

void ParseFlags(int* argc, char*** argv) {
  google::gflags_exitfunc = [](int) { std::exit(2); };
  RenameOldFlags(*argc, *argv);
  RefuseUnknownFlags(*argc, *argv);
  gflags::ParseCommandLineNonHelpFlags(argc, argv, /*remove_flags=*/true);
  CheckHomes();
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
  return RunGuarded([&] {
    ParseFlags(&argc, &argv);
    if (FLAGS_help || argc > 1) {
      std::fputs(usage, FLAGS_help ? stdout : stderr);
      return FLAGS_help ? 0 : 2;
    }
    return main();
  });
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", PrintableText(status.message()).c_str());
  const bool mistake = absl::IsInvalidArgument(status) ||
                       absl::IsNotFound(status) ||
                       absl::IsFailedPrecondition(status);
  return mistake ? 2 : 1;
}

}  // namespace caldera::base
