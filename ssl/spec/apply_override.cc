#include "ssl/spec/apply_override.h"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/part.h"
#include "base/spec_fields.h"
#include "ssl/spec/parse_text.h"

namespace caldera::ssl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Parses "pair[1]" into {"pair", 1} and "depth" into {"depth", -1}.
struct Segment {
  std::string name;
  int index = -1;
};

bool ParseSegment(absl::string_view text, Segment* segment) {
  const size_t bracket = text.find('[');
  segment->name = std::string(text.substr(0, bracket));
  if (bracket == absl::string_view::npos) return !segment->name.empty();
  absl::string_view index = text.substr(bracket + 1);
  return absl::ConsumeSuffix(&index, "]") &&
         absl::SimpleAtoi(index, &segment->index) && segment->index >= 0;
}

// Returns true for a text that has quotes of its own; a path may have some,
// too.
bool IsQuoted(absl::string_view text) {
  return text.size() > 1 && text.front() == '"' && text.back() == '"';
}

// Moves to the message in `segment` of `message`, and makes it if it is
// missing.
absl::Status Descend(const Segment& segment, Message** message) {
  const FieldDescriptor* field =
      base::FindField(*(*message)->GetDescriptor(), segment.name);
  if (field == nullptr) {
    return absl::InvalidArgumentError(
        UnknownField(*(*message)->GetDescriptor(), segment.name));
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", segment.name, "\" is a value, it has no fields"));
  }
  const Reflection& reflection = *(*message)->GetReflection();
  if (!field->is_repeated()) {
    if (segment.index >= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", segment.name, "\" is not a list"));
    }
    base::ClearOtherParts(*field, *message);
    *message = reflection.MutableMessage(*message, field);
    return absl::OkStatus();
  }
  const int size = reflection.FieldSize(**message, field);
  if (segment.index < 0 || segment.index >= size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", segment.name, "\" is a list of ", size,
        "; give the index of one of them, as in ", segment.name, "[0]"));
  }
  *message = reflection.MutableRepeatedMessage(*message, field, segment.index);
  return absl::OkStatus();
}

absl::Status Assign(const Segment& segment, absl::string_view value,
                    Message* message) {
  const FieldDescriptor* field =
      base::FindField(*message->GetDescriptor(), segment.name);
  if (field == nullptr) {
    return absl::InvalidArgumentError(
        UnknownField(*message->GetDescriptor(), segment.name));
  }
  if (segment.index >= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("one value of the list \"", segment.name,
                     "\" cannot be set; give the complete list, as in ",
                     segment.name, "=[1,2]"));
  }
  std::string text(value);
  const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (is_message && !absl::StartsWith(text, "{") &&
      !absl::StartsWith(text, "[")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", segment.name, "\" has fields of its own; set one of them (",
        segment.name, ".x=...) or all (", segment.name, "={...})"));
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !IsQuoted(text) &&
      !(field->is_repeated() && text[0] == '[')) {
    text = absl::StrCat("\"", absl::CEscape(text), "\"");
  }
  // The value is parsed before anything is cleared, so that a bad value changes
  // nothing.
  std::unique_ptr<Message> parsed(message->New());
  const std::string assignment =
      absl::StrCat(segment.name, is_message ? " " : ": ", text);
  absl::Status status = MergeText(assignment, "value", parsed.get());
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StripPrefix(status.message(), "value:1: "));
  }
  message->GetReflection()->ClearField(message, field);
  base::MergeSpec(*parsed, message);
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyOverride(absl::string_view argument, Message* message,
                           FieldOrigins* origins) {
  const size_t equals = argument.find('=');
  const auto error = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " (argument \"", argument, "\")"));
  };
  if (equals == absl::string_view::npos) {
    return error("not an override of the form field=value");
  }
  const std::string path(
      absl::StripAsciiWhitespace(argument.substr(0, equals)));
  const absl::string_view value =
      absl::StripAsciiWhitespace(argument.substr(equals + 1));
  if (value.empty()) return error("the value is empty");
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    Segment segment;
    if (!ParseSegment(parts[i], &segment)) {
      return error(absl::StrCat("\"", parts[i], "\" is not a field name"));
    }
    const absl::Status status = i + 1 < parts.size()
                                    ? Descend(segment, &message)
                                    : Assign(segment, value, message);
    if (!status.ok()) return error(status.message());
  }
  origins->Record(path, absl::StrCat("argument \"", argument, "\""));
  return absl::OkStatus();
}

}  // namespace caldera::ssl
