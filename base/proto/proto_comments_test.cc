#include "base/proto/proto_comments.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "base/part.pb.h"
#include "base/parts_testing.pb.h"

namespace caldera::base {
namespace {

std::string OfField(const google::protobuf::Descriptor& message,
                    const std::string& name) {
  return CommentOf(*message.FindFieldByName(name));
}

TEST(CommentOf, FindsCommentsBeforeAndBehindADeclaration) {
  EXPECT_EQ(CommentOf(*PartSpec::descriptor()),
            "A part that is registered under a name and has no message of its "
            "own (base/part.h): custom { name: \"koleo\" option: \"eps=1e-6\" "
            "}");
  EXPECT_EQ(OfField(*PartSpec::descriptor(), "option"), "key=value");
}

TEST(CommentOf, FindsThoseOfExtensions) {
  const auto* extension =
      google::protobuf::DescriptorPool::generated_pool()->FindExtensionByName(
          "caldera.chooses_part");
  ASSERT_NE(extension, nullptr);
  EXPECT_EQ(CommentOf(*extension),
            "The field's value is the name of the part that its message "
            "chooses.");
}

TEST(CommentOf, IsEmptyWithoutAComment) {
  EXPECT_EQ(OfField(*testing::SquareSpec::descriptor(), "side"), "");
  EXPECT_EQ(CommentOf(*google::protobuf::FileDescriptorProto::descriptor()),
            "");
}

}  // namespace
}  // namespace caldera::base
