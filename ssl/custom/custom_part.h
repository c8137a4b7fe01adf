// Custom parts register themselves, so that a variant is one file of
// ssl/variants and one spec. Each interface names its own kind:
// make_auxiliary_loss.h has
//
//   using CustomAuxiliaryLoss =
//       CustomPart<AuxiliaryLoss, ModelSizes, uint64_t>;
//
// and ssl/variants/koleo.cc makes one of them:
//
//   const CustomAuxiliaryLoss kKoLeo(
//       "koleo", "auxiliary { custom { name: 'koleo' } }",
//       [](CustomOptions& options, const ModelSizes&, uint64_t) {
//         return std::make_unique<KoLeo>(options.Number("eps", 1e-8));
//       });
//
// A spec names it: auxiliary { custom { name: "koleo" option: "eps=1e-6" } }
#ifndef CALDERA_SSL_CUSTOM_CUSTOM_PART_H_
#define CALDERA_SSL_CUSTOM_CUSTOM_PART_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "ssl/custom/custom.pb.h"
#include "ssl/custom/custom_options.h"

namespace caldera::ssl {

// Adds an experiment in text format for the part `name` of any kind. CHECK: the
// name is not taken.
void AddCustomExample(const std::string& name, const std::string& example);

// Returns the names of all custom parts, of every kind, with the experiment of
// each. The tests that cover every method (tiny_methods_testing.h) run them.
const std::map<std::string, std::string>& CustomExamples();

// Returns an InvalidArgument that begins with "name" and suggests a registered
// name.
absl::Status NoSuchPart(const std::string& name,
                        const std::vector<std::string>& registered);

// Part: the interface. Given: the arguments that a part is built for.
template <typename Part, typename... Given>
class CustomPart {
 public:
  // Reads every option and returns the part, or an InvalidArgument that names
  // the option or the argument that does not fit.
  using Make = std::function<absl::StatusOr<std::unique_ptr<Part>>(
      CustomOptions& options, const Given&... given)>;

  // Registers `make`. example: the part of an experiment in text format that
  // uses it, beside a masked autoencoder unless the part is a method itself.
  // The tests that cover every method run it (CustomExamples).
  CustomPart(const std::string& name, const std::string& example, Make make) {
    AddCustomExample(name, example);
    Registered()[name] = std::move(make);
  }

  // Returns OK if the part is registered; its options are not checked.
  static absl::Status Check(const CustomSpec& spec) {
    return Registered().count(spec.name()) > 0
               ? absl::OkStatus()
               : NoSuchPart(spec.name(), Names());
  }

  // Returns the part that `spec` names. Errors: InvalidArgument whose text
  // begins with the field's path in CustomSpec; those of the part itself.
  static absl::StatusOr<std::unique_ptr<Part>> Create(const CustomSpec& spec,
                                                      const Given&... given) {
    RETURN_IF_ERROR(Check(spec));
    CustomOptions options(spec);
    auto part = Registered().at(spec.name())(options, given...);
    RETURN_IF_ERROR(options.Check());
    return part;
  }

  static std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& [name, unused] : Registered()) names.push_back(name);
    return names;
  }

 private:
  static std::map<std::string, Make>& Registered() {
    static auto& registered = *new std::map<std::string, Make>();
    return registered;
  }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CUSTOM_CUSTOM_PART_H_
