#include "ssl/train/resume/experiment_changes.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

std::string ElementText(const Message& message, const FieldDescriptor& field,
                        int index) {
  const auto& reflection = *message.GetReflection();
  if (IsMessage(field)) {
    const Message& element =
        index < 0 ? reflection.GetMessage(message, &field)
                  : reflection.GetRepeatedMessage(message, &field, index);
    const std::string inner = base::SpecText(element);
    return absl::StrCat("{ ", absl::StripTrailingAsciiWhitespace(inner), " }");
  }
  std::string text;
  TextFormat::PrintFieldValueToString(message, &field, index, &text);
  return text;
}

std::string ValueText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    return reflection.HasField(message, &field)
               ? ElementText(message, field, -1)
               : "none";
  }
  const int size = reflection.FieldSize(message, &field);
  std::string text = size == 0 ? "none" : "[";
  for (int i = 0; i < size; ++i) {
    absl::StrAppend(&text, ElementText(message, field, i),
                    i + 1 < size ? ", " : "]");
  }
  return text;
}

void Compare(const Message& before, const Message& after,
             const std::string& prefix, OnResume::Kind outer,
             std::vector<Change>& changes) {
  for (const FieldDescriptor* field : base::FieldsOf(*before.GetDescriptor())) {
    const std::string path = absl::StrCat(prefix, field->name());
    const OnResume::Kind kind = field->options().HasExtension(on_resume)
                                    ? field->options().GetExtension(on_resume)
                                    : outer;
    if (IsMessage(*field) && !field->is_repeated() &&
        before.GetReflection()->HasField(before, field) &&
        after.GetReflection()->HasField(after, field)) {
      Compare(before.GetReflection()->GetMessage(before, field),
              after.GetReflection()->GetMessage(after, field),
              absl::StrCat(path, "."), kind, changes);
      continue;
    }
    std::string was = ValueText(before, *field);
    std::string is = ValueText(after, *field);
    if (was != is) changes.push_back({path, was, is, kind});
  }
}

void CollectKinds(const Descriptor& message, std::set<const Descriptor*>& seen,
                  std::vector<std::string>& lines) {
  if (!seen.insert(&message).second) return;
  for (const FieldDescriptor* field : base::FieldsOf(message)) {
    if (field->options().HasExtension(on_resume)) {
      lines.push_back(absl::StrCat(
          field->full_name(), " ",
          OnResume::Kind_Name(field->options().GetExtension(on_resume))));
    }
    if (IsMessage(*field)) CollectKinds(*field->message_type(), seen, lines);
  }
}

}  // namespace

std::vector<Change> ChangesBetween(const Message& before,
                                   const Message& after) {
  std::vector<Change> changes;
  Compare(before, after, "", OnResume::ANOTHER_EXPERIMENT, changes);
  return changes;
}

std::string ChangeText(const Change& change) {
  return absl::StrCat(change.path, ": ", change.before, " -> ", change.after);
}

std::vector<std::string> StatedKinds(const Descriptor& root) {
  std::vector<std::string> lines;
  std::set<const Descriptor*> seen;
  CollectKinds(root, seen, lines);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace caldera::ssl
