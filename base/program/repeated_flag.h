// Reads a flag that may be given several times, which gflags does not know: it
// keeps the last value.
//
//   DEFINE_string(vary, "", "may be repeated");
//   auto values = ValuesOfFlag("vary", argc, argv);  // all, in their order
//
// Caveat: values in a --flagfile are not seen.
#ifndef CALDERA_BASE_PROGRAM_REPEATED_FLAG_H_
#define CALDERA_BASE_PROGRAM_REPEATED_FLAG_H_

#include <string>
#include <vector>

namespace caldera::base {

// Returns the values of --name=value, -name=value and --name value in the order
// of the arguments, up to "--". Changes nothing; call it before the flags are
// parsed and removed.
std::vector<std::string> ValuesOfFlag(const std::string& name, int argc,
                                      char* const* argv);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_REPEATED_FLAG_H_
