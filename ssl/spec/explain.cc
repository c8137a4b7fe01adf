#include "ssl/spec/explain.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/nearest_name.h"
#include "base/option_list.h"
#include "base/part.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "ssl/spec/describe_field.h"
#include "ssl/spec/describe_part.h"
#include "ssl/spec/field_paths.h"
#include "ssl/spec/wrap_text.h"

namespace caldera::ssl {
namespace {

using base::OptionDoc;
using base::PartDoc;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kHowToGoOn[] =
    "Every field follows, by its path. --explain=train explains one of these "
    "in full, --explain=train.batch_size a single field. name[] is a list. "
    "docs/specs.md says how specs are written, docs/parts.md how they name "
    "parts.";

bool Names(const std::vector<PartDoc>& parts, const std::string& name) {
  return std::any_of(parts.begin(), parts.end(), [&](const PartDoc& part) {
    return part.info.name == name;
  });
}

// Returns the two as one word for WrapText.
std::string Whole(absl::string_view what, const std::string& value) {
  return absl::StrReplaceAll(absl::StrCat(what, value), {{" ", "\t"}});
}

// Writes the explanation.
class Page {
 public:
  explicit Page(bool in_full) : in_full_(in_full) {}

  // A field or an option, or a part; doc.name is what stands first.
  void Entry(const OptionDoc& doc, int indent) {
    std::vector<std::string> facts;
    // A part's text has its choices in place of a range.
    const bool has_choices = absl::StrContains(doc.range, " | ");
    if (!doc.type.empty()) {
      facts.push_back(has_choices ? doc.range : doc.type);
    }
    if (!doc.default_value.empty()) {
      facts.push_back(Whole("default ", doc.default_value));
    }
    if (!doc.range.empty() && !has_choices) {
      facts.push_back(Whole("range ", doc.range));
    }
    const std::string margin(indent, ' ');
    absl::StrAppend(&text_, WrapText(absl::StrCat(margin, doc.name, "  "),
                                     absl::StrJoin(facts, ", "), indent + 4));
    Meaning(doc.meaning, indent + 4);
  }

  // A message of a `root`, of which `meaning` says what it is for.
  void Message(const Descriptor& root, const Descriptor& message,
               const std::string& path, const std::string& meaning) {
    homes_ = FindMessageHomes(root, "");
    // What is explained nearer to the root is not explained here, unless the
    // message is itself such a thing.
    const size_t depth = PathDepth(homes_.at(&message));
    for (const auto& [type, at] : FindMessageHomes(message, path)) {
      std::string& home = homes_.at(type);
      const bool is_near = PathDepth(at) <= PathDepth(home);
      if (depth < PathDepth(path) || is_near) home = at;
    }
    Group(message, path, meaning);
  }

  // A part whose options are no message.
  void Part(const PartDoc& part, const std::string& path) {
    absl::StrAppend(&text_, path, "\n");
    Meaning(part.info.summary, 2);
    const std::string spelling = DescribePart(part).name;
    if (spelling != part.info.name) {
      absl::StrAppend(&text_, WrapText("  In a spec: ", spelling, 4));
    }
    absl::StrAppend(&text_, part.options.empty() ? "" : "\n");
    for (OptionDoc option : part.options) {
      option.name = JoinPath(path, option.name);
      Entry(option, 2);
    }
  }

  // The fields of `root` that have fields of their own.
  void Sections(const Descriptor& root) {
    constexpr int kIndent = 18;
    absl::StrAppend(&text_, "What a spec may say, by its sections:\n\n");
    for (const FieldDescriptor* field : base::FieldsOf(root)) {
      if (!IsMessage(*field) || IsCustom(*field)) continue;
      std::string head = absl::StrCat("  ", PathName(*field), "  ");
      head.resize(std::max<size_t>(head.size(), kIndent), ' ');
      absl::StrAppend(&text_, head,
                      Shorten(MeaningOf(*field), static_cast<int>(head.size())),
                      "\n");
    }
    absl::StrAppend(&text_, "\n", WrapText("", kHowToGoOn, 0), "\n");
  }

  std::string text() && { return std::move(text_); }

 private:
  void Meaning(const std::string& meaning, int indent) {
    const std::string text = in_full_ ? meaning : Shorten(meaning, indent);
    if (text.empty()) return;
    absl::StrAppend(&text_, WrapText(std::string(indent, ' '), text, indent));
  }

  void Group(const Descriptor& message, const std::string& path,
             const std::string& meaning) {
    const std::vector<PartDoc> parts = PartsOf(message);
    absl::StrAppend(&text_, path, path.empty() ? "" : "\n");
    Meaning(meaning, 2);
    Choices(message, parts);
    Fields(message, path, parts);
    for (const PartDoc& part : parts) {
      if (part.options.empty()) continue;
      absl::StrAppend(&text_, "\n");
      Part(part, JoinPath(path, part.info.name));
    }
  }

  // Of which fields only one may be set, and the parts of a seam.
  void Choices(const Descriptor& message, const std::vector<PartDoc>& parts) {
    for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
      const auto& choice = *message.oneof_decl(i);
      std::vector<std::string> names;
      for (int j = 0; j < choice.field_count(); ++j) {
        names.push_back(choice.field(j)->name());
      }
      const bool is_seam = std::any_of(
          names.begin(), names.end(),
          [&](const std::string& name) { return Names(parts, name); });
      if (is_seam) continue;  // it is listed below
      absl::StrAppend(
          &text_,
          WrapText("  At most one of: ", absl::StrJoin(names, ", "), 4));
    }
    if (parts.empty()) return;
    absl::StrAppend(&text_, TakesMany(message) ? "  Any of these parts:\n\n"
                                               : "  One of these parts:\n\n");
    for (const PartDoc& part : parts) {
      Entry(DescribePart(part), 4);
    }
  }

  void Fields(const Descriptor& message, const std::string& path,
              const std::vector<PartDoc>& parts) {
    std::vector<OptionDoc> entries;
    std::vector<std::pair<const FieldDescriptor*, std::string>> groups;
    for (const FieldDescriptor* field : base::FieldsOf(message)) {
      const std::string at = JoinPath(path, PathName(*field));
      if (!IsMessage(*field)) {
        entries.push_back(DescribeField(*field));
      } else {
        const Descriptor* type = field->message_type();
        const std::string& home = homes_.at(type);
        const bool has_fields = !base::FieldsOf(*type).empty();
        if (IsCustom(*field)) continue;  // parts say how they are named
        if (!has_fields && Names(parts, field->name())) continue;
        if (has_fields && home == at) {
          groups.emplace_back(field, at);
          continue;
        }
        entries.emplace_back();
        entries.back().type = !has_fields ? "{}"
                              : home.empty()
                                  ? "the fields of a whole spec"
                                  : absl::StrCat("the fields of ", home);
        const std::string meaning = MeaningOf(*field);
        entries.back().meaning = meaning.substr(0, meaning.find('\n'));
      }
      entries.back().name = at;
    }
    if (!entries.empty()) absl::StrAppend(&text_, "\n");
    for (const OptionDoc& entry : entries) Entry(entry, 2);
    for (const auto& [field, at] : groups) {
      absl::StrAppend(&text_, "\n");
      Group(*field->message_type(), at, MeaningOf(*field));
    }
  }

  bool in_full_;
  MessageHomes homes_;
  std::string text_;
};

// What a path leads to: one of the three.
struct Place {
  std::string path, meaning;
  const Descriptor* message = nullptr;
  std::optional<PartDoc> part;  // whose options are no message
  std::optional<OptionDoc> value;
};

// Returns the place `name` below another.
absl::StatusOr<Place> Below(const Place& place, const std::string& name) {
  Place below;
  below.path = JoinPath(place.path, name);
  std::vector<std::string> names;
  const std::vector<PartDoc> parts = place.message != nullptr
                                         ? PartsOf(*place.message)
                                         : std::vector<PartDoc>();
  if (place.message != nullptr) {
    if (const auto* field = base::FindField(*place.message, name);
        field != nullptr) {
      below.path = JoinPath(place.path, PathName(*field));
      below.meaning = MeaningOf(*field);
      below.message = field->message_type();
      if (!IsMessage(*field)) below.value = DescribeField(*field);
      return below;
    }
    for (const FieldDescriptor* field : base::FieldsOf(*place.message)) {
      names.push_back(field->name());
    }
  }
  for (const PartDoc& part : parts) {
    names.push_back(part.info.name);
    if (part.info.name == name) below.part = part;
  }
  if (place.part.has_value()) {
    for (const OptionDoc& option : place.part->options) {
      names.push_back(option.name);
      if (option.name == name) below.value = option;
    }
  }
  if (below.part.has_value() || below.value.has_value()) return below;
  return absl::InvalidArgumentError(
      names.empty()
          ? absl::StrCat("--explain: ", place.path, " has no fields, and no ",
                         name, "; write --explain=", place.path)
          : absl::StrCat(
                "--explain: there is no ", below.path, "; did you mean ",
                JoinPath(place.path, base::NearestName(name, names)), "?"));
}

}  // namespace

absl::StatusOr<std::string> Explain(const Descriptor& root,
                                    absl::string_view path) {
  Page page(/*in_full=*/!path.empty());
  if (path.empty()) {
    page.Sections(root);
    page.Message(root, root, "", "");
    return std::move(page).text();
  }
  Place place;
  place.message = &root;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    // A list's index says nothing here.
    const std::string name(segment.substr(0, segment.find('[')));
    ASSIGN_OR_RETURN(place, Below(place, name));
  }
  if (place.value.has_value()) {
    place.value->name = place.path;
    page.Entry(*place.value, 0);
  } else if (place.part.has_value()) {
    page.Part(*place.part, place.path);
  } else {
    page.Message(root, *place.message, place.path, place.meaning);
  }
  return std::move(page).text();
}

}  // namespace caldera::ssl
