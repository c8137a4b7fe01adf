#include "data/formats/tar_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "data/formats/tar_testing.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<std::vector<TarMember>> List(const std::string& bytes) {
  return ListTar(
      bytes.size(),
      [&](int64_t offset, int64_t size) -> absl::StatusOr<std::string> {
        return bytes.substr(offset, size);
      },
      "a.tar");
}

std::string Refusal(const std::string& bytes) {
  const auto members = List(bytes);
  EXPECT_FALSE(members.ok());
  return std::string(members.status().message());
}

// The single member that `bytes` holds, as "name=content".
std::string Only(const std::string& bytes) {
  const auto members = List(bytes);
  EXPECT_TRUE(members.ok()) << members.status();
  if (!members.ok() || members->size() != 1) return "not one";
  const TarMember& member = (*members)[0];
  return absl::StrCat(member.name, "=",
                      bytes.substr(member.offset, member.size));
}

std::string Pax(const std::string& key, const std::string& value) {
  std::string record = " " + key + "=" + value + "\n";
  for (int digits = 1;; ++digits) {
    const std::string length = absl::StrCat(record.size() + digits);
    if (length.size() == digits) return length + record;
  }
}

TEST(ListTar, FindsFilesInTheirOrder) {
  const std::string bytes =
      TarBlocks({"b/", "", '5'}) + TarBlocks({"b/x.jpg", "pixels"}) +
      TarBlocks({"link", "", '2'}) + TarBlocks({"empty", ""}) +
      TarBlocks({"old", std::string(513, 'o'), '\0'}) + TarEnd();
  const auto members = List(bytes);
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 3);
  EXPECT_EQ((*members)[0].name, "b/x.jpg");
  EXPECT_EQ((*members)[0].offset, 1024);
  EXPECT_EQ((*members)[0].size, 6);
  EXPECT_EQ((*members)[1].name, "empty");
  EXPECT_EQ((*members)[2].name, "old");
  EXPECT_EQ((*members)[2].size, 513);
}

TEST(ListTar, KnowsTheDialects) {
  const std::string long_name = std::string(150, 'd') + "/x.jpg";
  const TarEntry cut = {long_name, "bytes"};
  EXPECT_EQ(Only(TarBlocks({"x.jpg", "bytes", '0', "some/dir"}) + TarEnd()),
            "some/dir/x.jpg=bytes");
  // GNU keeps other things where ustar has the prefix.
  EXPECT_EQ(Only(TarBlocks({"x.jpg", "bytes", '0', "1234", true}) + TarEnd()),
            "x.jpg=bytes");
  EXPECT_EQ(Only(TarBlocks({"././@LongLink", long_name + '\0', 'L', "", true}) +
                 TarBlocks(cut) + TarEnd()),
            long_name + "=bytes");
  EXPECT_EQ(Only(TarBlocks({"pax", Pax("mtime", "1.5") + Pax("path", long_name),
                            'x'}) +
                 TarBlocks(cut) + TarEnd()),
            long_name + "=bytes");
  EXPECT_EQ(Only(TarBlocks({"g", Pax("comment", "all"), 'g'}) +
                 TarBlocks({"x", "bytes"}) + TarEnd()),
            "x=bytes");
  // A size that the octal field could not hold stands in the pax header.
  std::string sized = TarBlocks({"x", "bytes and more"});
  EXPECT_EQ(Only(TarBlocks({"pax", Pax("size", "5"), 'x'}) + sized + TarEnd()),
            "x=bytes");
  TarEntry entry = {"x", std::string(300, 'b')};
  entry.base_256 = true;
  EXPECT_EQ(Only(TarBlocks(entry) + TarEnd()), "x=" + entry.bytes);
  entry = {"\xc3\xa4", "bytes"};
  entry.signed_checksum = true;
  EXPECT_EQ(Only(TarBlocks(entry) + TarEnd()), "\xc3\xa4=bytes");
}

TEST(ListTar, ALongNameIsForOneMemberOnly) {
  const std::string bytes =
      TarBlocks({"././@LongLink", "long", 'L', "", true}) +
      TarBlocks({"a", "1"}) + TarBlocks({"b", "2"}) + TarEnd();
  const auto members = List(bytes);
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 2);
  EXPECT_EQ((*members)[0].name, "long");
  EXPECT_EQ((*members)[1].name, "b");
}

TEST(ListTar, RefusesDamage) {
  const std::string good = TarBlocks({"a.jpg", std::string(600, 'a')}) +
                           TarBlocks({"b.jpg", "b"}) + TarEnd();
  ASSERT_TRUE(List(good).ok());
  EXPECT_THAT(Refusal(""), StartsWith("a.tar: the archive is cut off"));
  EXPECT_THAT(Refusal("no tar"), StartsWith("a.tar: the archive is cut off"));
  EXPECT_THAT(Refusal(std::string(2000, 'x')),
              StartsWith("a.tar: no tar archive; check the file"));
  EXPECT_THAT(Refusal("\x1f\x8b" + std::string(2000, 'x')),
              HasSubstr("unpack it with gunzip"));
  // Cut inside a member, between members, and inside the end mark.
  EXPECT_THAT(Refusal(good.substr(0, 1000)),
              StartsWith("a.tar: a member of 600 bytes reaches beyond the "
                         "archive's 1000 (at byte 0)"));
  EXPECT_THAT(Refusal(good.substr(0, 1536)),
              StartsWith("a.tar: the archive is cut off (at byte 1536)"));
  EXPECT_THAT(Refusal(good.substr(0, 2560 + 100)),
              StartsWith("a.tar: the archive is cut off (at byte 2560)"));
  std::string bytes = good;
  bytes[1536] = 'c';
  EXPECT_THAT(Refusal(bytes),
              StartsWith("a.tar: a header's checksum differs (at byte 1536)"));
  EXPECT_THAT(Refusal(TarBlocks({"s", "", 'S'}) + TarEnd()),
              StartsWith("a.tar: has a sparse member"));
  EXPECT_THAT(Refusal(TarBlocks({"p", "9999 path=x\n", 'x'}) + TarEnd()),
              StartsWith("a.tar: a pax header that cannot be read"));
  EXPECT_THAT(
      Refusal(TarBlocks({"l", std::string(70000, 'l'), 'L'}) + TarEnd()),
      StartsWith("a.tar: a name of 70000 bytes"));
}

TEST(ListTar, PassesOnWhatTheDiskAnswers) {
  const auto members = ListTar(
      2048,
      [](int64_t, int64_t) -> absl::StatusOr<std::string> {
        return absl::UnavailableError("a.tar: cannot read it");
      },
      "a.tar");
  EXPECT_EQ(members.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace caldera::data
