#include "base/proto/proto_comments.h"

#include <glog/logging.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::base {
namespace {

using google::protobuf::DescriptorPool;

std::vector<std::pair<const unsigned char*, int>>& Files() {
  static auto& files = *new std::vector<std::pair<const unsigned char*, int>>();
  return files;
}

// Returns the messages of the program once more, now with their comments.
const DescriptorPool& Commented() {
  static const DescriptorPool& pool = *[] {
    auto* ours = new google::protobuf::SimpleDescriptorDatabase();
    for (const auto& [bytes, size] : Files()) {
      google::protobuf::FileDescriptorSet set;
      CHECK(set.ParseFromArray(bytes, size));
      for (const auto& file : set.file()) ours->Add(file);
    }
    // This one has the files that they import, without comments.
    auto* others = new google::protobuf::DescriptorPoolDatabase(
        *DescriptorPool::generated_pool());
    return new DescriptorPool(
        new google::protobuf::MergedDescriptorDatabase(ours, others));
  }();
  return pool;
}

// declaration: of Commented(), or null.
template <typename Declaration>
std::string CommentAt(const Declaration* declaration) {
  google::protobuf::SourceLocation at;
  if (declaration == nullptr || !declaration->GetSourceLocation(&at)) return "";
  const std::string text =
      absl::StrCat(at.leading_comments, " ", at.trailing_comments);
  return absl::StrJoin(
      absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty()), " ");
}

}  // namespace

bool AddComments(const unsigned char* bytes, int size) {
  Files().emplace_back(bytes, size);
  return true;
}

std::string CommentOf(const google::protobuf::Descriptor& message) {
  return CommentAt(Commented().FindMessageTypeByName(message.full_name()));
}

std::string CommentOf(const google::protobuf::FieldDescriptor& field) {
  return CommentAt(field.is_extension()
                       ? Commented().FindExtensionByName(field.full_name())
                       : Commented().FindFieldByName(field.full_name()));
}

std::string CommentOf(const google::protobuf::EnumDescriptor& type) {
  return CommentAt(Commented().FindEnumTypeByName(type.full_name()));
}

std::string CommentOf(const google::protobuf::EnumValueDescriptor& value) {
  return CommentAt(Commented().FindEnumValueByName(value.full_name()));
}

}  // namespace caldera::base
