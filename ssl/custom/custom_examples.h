#ifndef CALDERA_SSL_CUSTOM_CUSTOM_EXAMPLES_H_
#define CALDERA_SSL_CUSTOM_CUSTOM_EXAMPLES_H_

// The names of all custom parts, of whatever seam, with an experiment for each.
//
//   for (const auto& [name, text] : CustomExamples()) ...
//
// The tests of what every method does (tiny_methods_testing.h) go over them.

#include <map>
#include <string>

namespace caldera::ssl {

// Dies where the name is taken.
void AddCustomExample(const std::string& name, const std::string& example);

const std::map<std::string, std::string>& CustomExamples();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CUSTOM_CUSTOM_EXAMPLES_H_
