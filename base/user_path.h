// Resolves a path as a user writes it: ~ is the home folder, and a relative
// path begins in the folder in which the user is.
//
//   UserPath("~/runs/a");  // "/home/user/runs/a"
//   UserPath("runs/a");    // "/where/the/user/is/runs/a" under `bazel run`
//
// A shell leaves the ~ of --data=~/set alone, so that we have to expand it.
// Every path from a flag, a spec or the environment goes through here, once,
// where it is opened. `bazel run` starts a binary in its runfiles, and sets
// BUILD_WORKING_DIRECTORY to the user's folder.
#ifndef CALDERA_BASE_USER_PATH_H_
#define CALDERA_BASE_USER_PATH_H_

#include <string>
#include <vector>

namespace caldera::base {

// Returns `path` with its ~ or ~user expanded, relative to the user's folder;
// otherwise unchanged if it is absolute or empty, or the binary was started
// directly. The ~ of an unknown user stays.
std::string UserPath(const std::string& path);

// Returns `path` with its ~ or ~user expanded and nothing else. ~ is $HOME, or
// what the system's list of users has for this one.
std::string ExpandHome(const std::string& path);

// Returns why the ~ of `path` stands for nothing and what to write, as in
// "there is no user \"joe\"; write ./~joe/a for a folder of that name"; "" if
// it has none or it can be expanded.
std::string UnknownHome(const std::string& path);

// Returns why nothing can be opened at `path`, a result of UserPath: an unknown
// home, a link to what is not there, or the system's words; "" if something is
// there.
std::string PathProblem(const std::string& path);

// Splits a flag's list of paths at its commas. A comma that belongs to the name
// of something that exists stays.
std::vector<std::string> SplitPaths(const std::string& list);

}  // namespace caldera::base

#endif  // CALDERA_BASE_USER_PATH_H_
