#include "ssl/spec/describe_field.h"

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/part.pb.h"
#include "base/proto/proto_comments.h"
#include "base/range.h"
#include "ssl/spec/describe_part.h"

namespace caldera::ssl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MessageFactory;
using google::protobuf::TextFormat;

// Returns the message whose parts the field's value names, or null.
const Descriptor* NamedSeam(const FieldDescriptor& field) {
  if (field.options().GetExtension(chooses_part)) {
    return field.containing_type();
  }
  return DescriptorPool::generated_pool()->FindMessageTypeByName(
      field.options().GetExtension(names_part_of));
}

// Returns the values that a field may have, each with what is said of it; none
// if they are not names.
std::vector<std::pair<std::string, std::string>> ValuesOf(
    const FieldDescriptor& field) {
  std::vector<std::pair<std::string, std::string>> values;
  const EnumDescriptor* type = field.enum_type();
  for (int i = 0; type != nullptr && i < type->value_count(); ++i) {
    values.emplace_back(type->value(i)->name(),
                        base::CommentOf(*type->value(i)));
  }
  const Descriptor* seam = type == nullptr ? NamedSeam(field) : nullptr;
  if (seam == nullptr) return values;
  for (const base::PartDoc& part : PartsOf(*seam)) {
    // The list of the message's own parts says what they are.
    const bool is_listed = seam == field.containing_type();
    values.emplace_back(absl::AsciiStrToUpper(part.info.name),
                        is_listed ? "" : part.info.summary);
  }
  return values;
}

std::string TypeOf(const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : ValuesOf(field)) names.push_back(name);
  if (!names.empty()) return absl::StrJoin(names, " | ");
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    default:
      return "integer";
  }
}

std::string DefaultOf(const FieldDescriptor& field) {
  if (!field.has_default_value()) return "";
  if (NamedSeam(field) != nullptr) return field.default_value_string();
  std::string text;
  TextFormat::PrintFieldValueToString(
      *MessageFactory::generated_factory()->GetPrototype(
          field.containing_type()),
      &field, -1, &text);
  return text;
}

base::Range DeclaredRange(const FieldDescriptor& field) {
  return base::Range(field.options().GetExtension(caldera::range));
}

std::string RangeOf(const FieldDescriptor& field) {
  const std::string interval = DeclaredRange(field).interval();
  if (interval == "(-inf, inf)") return "";
  const bool is_unsigned = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  return interval.empty() && is_unsigned ? "[0, inf)" : interval;
}

}  // namespace

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

std::string MeaningOf(const FieldDescriptor& field) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& comment) {
    if (!comment.empty()) lines.push_back(comment);
  };
  add(base::CommentOf(field));
  if (IsMessage(field)) add(base::CommentOf(*field.message_type()));
  if (field.enum_type() != nullptr) add(base::CommentOf(*field.enum_type()));
  if (lines.empty()) {
    for (const base::PartDoc& part : PartsOf(*field.containing_type())) {
      if (part.info.name == field.name()) add(part.info.summary);
    }
    add(DeclaredRange(field).remedy());
  }
  for (const auto& [value, comment] : ValuesOf(field)) {
    if (comment.empty()) continue;
    if (lines.empty()) lines.push_back("");
    lines.push_back(absl::StrCat(value, ": ", comment));
  }
  return absl::StrJoin(lines, "\n");
}

base::OptionDoc DescribeField(const FieldDescriptor& field) {
  std::string type = TypeOf(field);
  if (field.is_repeated()) {
    const bool is_one_word = !absl::StrContains(type, ' ');
    type = absl::StrCat("list of ", type, is_one_word ? "s" : "");
  }
  return {field.name(), type, DefaultOf(field), RangeOf(field),
          MeaningOf(field)};
}

}  // namespace caldera::ssl
