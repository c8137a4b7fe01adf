#include "ssl/spec/describe_part.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/part.pb.h"
#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

using base::PartDoc;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Returns the first field of the seam for which `test` is true, or null.
template <typename Test>
const FieldDescriptor* Find(const Descriptor& seam, const Test& test) {
  for (const FieldDescriptor* field : base::FieldsOf(seam)) {
    if (test(*field)) return field;
  }
  return nullptr;
}

// Returns the field whose value is the name of a part, or null.
const FieldDescriptor* Selector(const Descriptor& seam) {
  return Find(seam, [](const FieldDescriptor& field) {
    return field.options().GetExtension(chooses_part);
  });
}

// Returns the first option of the part as a spec writes it.
std::string Option(const PartDoc& part) {
  if (part.options.empty()) return "";
  return absl::StrCat(" option: \"", part.options[0].name, "=",
                      part.options[0].default_value, "\"");
}

std::string Spelling(const PartDoc& part) {
  const std::string& name = part.info.name;
  // The options of a part without a message can be given in `custom` only.
  if (const auto* selector = Selector(*part.seam);
      selector != nullptr && part.options.empty()) {
    return absl::StrCat(selector->name(), ": ", absl::AsciiStrToUpper(name));
  }
  if (const auto* field = base::FindField(*part.seam, name);
      field != nullptr && part.options.empty()) {
    const auto* message = field->message_type();
    if (message == nullptr) return absl::StrCat(name, ": ...");
    return absl::StrCat(name,
                        base::FieldsOf(*message).empty() ? " {}" : " { ... }");
  }
  const FieldDescriptor* custom = Find(*part.seam, IsCustom);
  if (custom == nullptr) return absl::StrCat(name, Option(part));
  return absl::StrCat(custom->name(), " { name: \"", name, "\"", Option(part),
                      " }");
}

bool IsDefault(const PartDoc& part) {
  const FieldDescriptor* selector = Selector(*part.seam);
  if (selector == nullptr) return part.info.is_default;
  const std::string& chosen = selector->enum_type() != nullptr
                                  ? selector->default_value_enum()->name()
                                  : selector->default_value_string();
  return absl::EqualsIgnoreCase(chosen, part.info.name);
}

}  // namespace

std::vector<PartDoc> PartsOf(const Descriptor& seam) {
  std::vector<PartDoc> parts;
  for (PartDoc& part : base::RegisteredParts()) {
    if (part.seam == &seam) parts.push_back(std::move(part));
  }
  return parts;
}

bool IsCustom(const FieldDescriptor& field) {
  return field.message_type() == PartSpec::descriptor();
}

bool TakesMany(const Descriptor& seam) {
  return Find(seam, [](const FieldDescriptor& field) {
           return field.is_repeated() && IsCustom(field);
         }) != nullptr;
}

base::OptionDoc DescribePart(const PartDoc& part) {
  return {Spelling(part), IsDefault(part) ? "the default" : "", "", "",
          part.info.summary};
}

}  // namespace caldera::ssl
