// Parts register themselves under a name, so that a part is one file. A seam
// names its kind of part once, beside its interface:
//
//   using OptimizerPart =
//       base::PartKind<OptimizerSpec, Optimizer,
//                      std::vector<OptimizerParameter>>;
//
// and a part is one of them:
//
//   const bool kSgd = OptimizerPart::Register<SgdOptions>(
//       {"sgd", "Stochastic gradient descent with momentum."},
//       [](const SgdOptions& options,
//          const std::vector<OptimizerParameter>& parameters) {
//         return std::make_unique<Sgd>(parameters, options);
//       });
//
// A spec names a part in one of these ways; the seam's message decides which:
//
//   optimizer { sgd { momentum: 0.9 } }  # a field, or an extension, that has
//                                        # the part's name
//   optimizer { custom { name: "sgd" option: "momentum=0.9" } }
//   decoder { kind: CRATE }              # a field with (chooses_part)
//   lr_schedule: COSINE                  # a field of another message
//
// and gets it by
//
//   OptimizerPart::Check(spec);               // names and ranges
//   OptimizerPart::Create(spec, parameters);  // the part
//   RateShapePart::CreateNamed("lr_schedule", spec.lr_schedule());
//
// Options are a struct with `void List(base::OptionList&)` (option_list.h), or
// a message with ranges (check_ranges.h): that of the part, or the seam's own
// message for parts that read its fields.
//
// Caveat: a program has the parts that are linked into it; their targets are
// `alwayslink` (`parts` in third_party/bazel/caldera.bzl).
#ifndef CALDERA_BASE_PART_H_
#define CALDERA_BASE_PART_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check_ranges.h"
#include "base/field_path.h"
#include "base/option_list.h"
#include "base/part.pb.h"
#include "base/status.h"

namespace caldera::base {

// A part describes itself by this when it registers.
struct PartInfo {
  std::string name;     // in lower case, as specs spell it
  std::string summary;  // a sentence or two, for --explain
  // A piece of an experiment that uses the part, in text format. The tests that
  // cover every method run it; "": the part needs none of its own.
  std::string example;
  bool is_default = false;  // what the seam takes where a spec names no part
};

// Describes a registered part.
struct PartDoc {
  PartInfo info;
  const google::protobuf::Descriptor* seam = nullptr;  // its spec's message
  // The message of the part's options, or null where `options` lists them.
  const google::protobuf::Descriptor* message = nullptr;
  std::vector<OptionDoc> options;
};

// Returns the registered parts of every kind, by seam and name.
std::vector<PartDoc> RegisteredParts();

// The part that a seam's spec names.
struct PartChoice {
  std::string name;
  std::string field;  // whose value names it, for errors; "" for the default
  const PartSpec* custom = nullptr;  // its options, if it is named that way
};

// Clears the fields of `spec` that name a part, if `chosen` is one of them and
// is about to be set; `chosen` itself stays.
void ClearOtherParts(const google::protobuf::FieldDescriptor& chosen,
                     google::protobuf::Message* spec);

// Merges `from` into `into`, as MergeFrom does, but a part that `from` names
// takes the place of the one that `into` names, with its options: the child of
// a spec chooses anew. The parts of a seam with a `repeated PartSpec custom`
// stand beside each other and are all kept.
void MergeSpec(const google::protobuf::Message& from,
               google::protobuf::Message* into);

// Returns an InvalidArgument that begins with `field` and suggests one of
// `registered`.
absl::Status NoSuchPart(absl::string_view field, const std::string& name,
                        const std::vector<std::string>& registered);

// For PartKind: adds a part to RegisteredParts. CHECK: its seam has no other of
// that name.
void AddPartDoc(const PartDoc& doc);

// For PartKind: returns the part of this seam that `spec` names, or its
// default. Returns InvalidArgument, whose text begins with the field's path in
// `spec` (with a colon if no field is at fault, as Within in field_path.h
// expects), if it names none, two, or one that is not registered.
absl::StatusOr<PartChoice> FindPart(const google::protobuf::Message& spec);

// For PartKind: returns the part of `seam` of that name, in lower or upper
// case, which is the value of `field`. Errors: NoSuchPart.
absl::StatusOr<PartChoice> FindNamedPart(
    const google::protobuf::Descriptor& seam, absl::string_view field,
    const std::string& name);

// For PartKind: returns the options of type `message` for the part of that
// name: `spec` itself, or the value of its field or extension of that type, if
// there are several then of the one called as the part (the defaults, if it is
// not set). Sets `*field` to the name of that field, or to "".
const google::protobuf::Message& OptionsMessage(
    const google::protobuf::Message& spec, const std::string& part,
    const google::protobuf::Descriptor* message, std::string* field);

// Writes out the choice of a seam's spec that names no part: sets the field of
// the default part, if it has a message.
void NameDefaultPart(google::protobuf::Message* spec);

// Returns the name of the part that `spec` names or takes by default, or "" if
// it names none that is registered.
std::string PartName(const google::protobuf::Message& spec);

// Describes a part of `seam` whose options are a struct or a message.
template <typename Options>
PartDoc DescribePart(PartInfo info, const google::protobuf::Descriptor* seam) {
  PartDoc doc{std::move(info), seam, nullptr, {}};
  if constexpr (std::is_base_of_v<google::protobuf::Message, Options>) {
    doc.message = Options::descriptor();
  } else {
    OptionList list;
    Options().List(list);
    doc.options = list.docs();
  }
  return doc;
}

// Reads options that are a struct. Returns the errors of OptionList::status.
template <typename Options>
absl::StatusOr<Options> ReadOptions(const PartSpec& spec) {
  OptionList list(spec);
  Options options;
  options.List(list);
  RETURN_IF_ERROR(list.status());
  return options;
}

// Spec: the message of the seam. Interface: what a part is made into. Given:
// the arguments that it is made for.
template <typename Spec, typename Interface, typename... Given>
class PartKind {
 public:
  using Result = absl::StatusOr<std::unique_ptr<Interface>>;

  // Registers a part. make(options, given...) returns it, or an InvalidArgument
  // that names the option or the argument that does not fit. check(options):
  // what the ranges of single options do not say.
  template <typename Options, typename Make>
  static bool Register(PartInfo info, Make make) {
    return Register<Options>(std::move(info), std::move(make),
                             [](const Options&) { return absl::OkStatus(); });
  }
  template <typename Options, typename Make, typename CheckOptions>
  static bool Register(PartInfo info, Make make, CheckOptions check) {
    AddPartDoc(DescribePart<Options>(info, Spec::descriptor()));
    Registered()[info.name] = {
        [make, check](const Spec& spec, const PartChoice& choice,
                      const Given&... given) -> Result {
          std::string field;
          ASSIGN_OR_RETURN(const Options& options,
                           Read<Options>(spec, choice, &field));
          const absl::Status valid = check(options);
          Result part =
              valid.ok() ? Result(make(options, given...)) : Result(valid);
          return field.empty() ? std::move(part)
                               : Within(field, std::move(part));
        },
        [check](const Spec& spec, const PartChoice& choice) -> absl::Status {
          std::string field;
          ASSIGN_OR_RETURN(const Options& options,
                           Read<Options>(spec, choice, &field));
          const absl::Status status = check(options);
          return field.empty() ? status : Within(field, status);
        }};
    return true;
  }

  // Returns OK if `spec` names a registered part whose options are valid.
  // Errors: InvalidArgument, whose text begins with the field's path in `spec`.
  static absl::Status Check(const Spec& spec) {
    ASSIGN_OR_RETURN(const PartChoice choice, FindPart(spec));
    return Registered().at(choice.name).check(spec, choice);
  }

  // Returns the part that `spec` names. Errors: those of Check and of the part
  // itself.
  static Result Create(const Spec& spec, const Given&... given) {
    ASSIGN_OR_RETURN(const PartChoice choice, FindPart(spec));
    return Registered().at(choice.name).make(spec, choice, given...);
  }

  // Likewise for a part without a spec, with the defaults of its options, whose
  // name is the value of `field` in a message of another kind.
  static Result CreateNamed(absl::string_view field, const std::string& name,
                            const Given&... given) {
    ASSIGN_OR_RETURN(const PartChoice choice,
                     FindNamedPart(*Spec::descriptor(), field, name));
    return Registered().at(choice.name).make(Spec(), choice, given...);
  }

  static std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& [name, unused] : Registered()) names.push_back(name);
    return names;
  }

 private:
  struct Entry {
    std::function<Result(const Spec&, const PartChoice&, const Given&...)> make;
    std::function<absl::Status(const Spec&, const PartChoice&)> check;
  };

  // Returns the options of the chosen part, their ranges checked. field: whose
  // path an error about them begins with.
  template <typename Options>
  static absl::StatusOr<Options> Read(const Spec& spec,
                                      const PartChoice& choice,
                                      std::string* field) {
    if constexpr (std::is_base_of_v<google::protobuf::Message, Options>) {
      if (choice.custom != nullptr && choice.custom->option_size() > 0) {
        return absl::InvalidArgumentError(absl::StrCat(
            "custom.option[0]: ", choice.name,
            " has fields in place of options; set ", choice.name, " { ... }"));
      }
      const google::protobuf::Message& message =
          OptionsMessage(spec, choice.name, Options::descriptor(), field);
      const absl::Status ranges = CheckRanges(message);
      RETURN_IF_ERROR(field->empty() ? ranges : Within(*field, ranges));
      return static_cast<const Options&>(message);
    } else {
      *field = choice.custom == nullptr ? choice.field : "custom";
      return Within(*field, ReadOptions<Options>(choice.custom == nullptr
                                                     ? PartSpec()
                                                     : *choice.custom));
    }
  }

  static std::map<std::string, Entry>& Registered() {
    static auto& registered = *new std::map<std::string, Entry>();
    return registered;
  }
};

// The options of a part that has none.
struct NoOptions {
  void List(OptionList& /*list*/) {}
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_PART_H_
