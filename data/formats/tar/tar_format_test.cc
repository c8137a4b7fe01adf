#include "data/formats/tar/tar_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "data/formats/tar/tar_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

absl::StatusOr<TarListing> List(const std::string& bytes) {
  return ListTar(
      bytes.size(),
      [&](int64_t offset, int64_t size) -> absl::StatusOr<std::string> {
        EXPECT_LE(size, 64 << 10);
        EXPECT_LE(offset + size, bytes.size());
        return bytes.substr(offset, size);
      },
      "a.tar");
}

std::string Refusal(const std::string& bytes) {
  const auto listing = List(bytes);
  EXPECT_FALSE(listing.ok());
  return std::string(listing.status().message());
}

// Returns the members as "name=content", up to the damage if there is any.
std::vector<std::string> Members(const std::string& bytes) {
  const auto listing = List(bytes);
  EXPECT_TRUE(listing.ok()) << listing.status();
  std::vector<std::string> texts;
  if (!listing.ok()) return {"error"};
  for (const TarMember& member : listing->members) {
    texts.push_back(absl::StrCat(member.name, "=",
                                 bytes.substr(member.offset, member.size)));
  }
  return texts;
}

// The single member that `bytes` holds.
std::string Only(const std::string& bytes) {
  const std::vector<std::string> members = Members(bytes);
  return members.size() == 1 ? members[0] : "not one";
}

std::string Damage(const std::string& bytes) {
  const auto listing = List(bytes);
  EXPECT_TRUE(listing.ok()) << listing.status();
  return listing.ok() ? listing->damage : "";
}

std::string NotReadOf(const std::string& bytes) {
  const auto listing = List(bytes);
  EXPECT_TRUE(listing.ok()) << listing.status();
  return listing.ok() ? listing->not_read.Text() : "";
}

std::string File(const std::string& name, const std::string& bytes) {
  return TarBlocks({name, bytes});
}

TEST(ListTar, FindsFilesInTheirOrder) {
  // In the oldest tar a folder is a file whose name ends in '/'.
  const std::string bytes =
      TarBlocks({"b/", "", '5'}) + TarBlocks({"c/", "", '\0'}) +
      TarBlocks({"b/x.jpg", "pixels"}) + TarBlocks({"fifo", "", '6'}) +
      TarBlocks({"empty", ""}) +
      TarBlocks({"old", std::string(513, 'o'), '\0'}) + TarEnd();
  const auto listing = List(bytes);
  ASSERT_TRUE(listing.ok()) << listing.status();
  const std::vector<TarMember>& members = listing->members;
  ASSERT_EQ(members.size(), 3);
  EXPECT_EQ(members[0].name, "b/x.jpg");
  EXPECT_EQ(members[0].offset, 1536);
  EXPECT_EQ(members[0].size, 6);
  EXPECT_EQ(members[1].name, "empty");
  EXPECT_EQ(members[2].name, "old");
  EXPECT_EQ(members[2].size, 513);
  EXPECT_EQ(listing->not_read.Text(), "1 special member (fifo)");
  EXPECT_EQ(listing->damage, "");
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
  EXPECT_EQ(
      Only(TarBlocks({"pax",
                      PaxRecord("mtime", "1.5") + PaxRecord("path", long_name),
                      'x'}) +
           TarBlocks(cut) + TarEnd()),
      long_name + "=bytes");
  EXPECT_EQ(Only(TarBlocks({"g", PaxRecord("comment", "all"), 'g'}) +
                 TarBlocks({"x", "bytes"}) + TarEnd()),
            "x=bytes");
  // A size that the octal field could not hold stands in the pax header.
  std::string sized = TarBlocks({"x", "bytes and more"});
  EXPECT_EQ(
      Only(TarBlocks({"pax", PaxRecord("size", "5"), 'x'}) + sized + TarEnd()),
      "x=bytes");
  TarEntry entry = {"x", std::string(300, 'b')};
  entry.base_256 = true;
  EXPECT_EQ(Only(TarBlocks(entry) + TarEnd()), "x=" + entry.bytes);
  entry = {"\xc3\xa4", "bytes"};
  entry.signed_checksum = true;
  EXPECT_EQ(Only(TarBlocks(entry) + TarEnd()), "\xc3\xa4=bytes");
}

TEST(ListTar, ALongNameIsForOneMemberOnly) {
  EXPECT_THAT(Members(TarBlocks({"././@LongLink", "long", 'L', "", true}) +
                      File("a", "1") + File("b", "2") + TarEnd()),
              ElementsAre("long=1", "b=2"));
}

TEST(ListTar, PassesOverAMacsAttributes) {
  // Base64 of several megabytes, and bytes as they are.
  const std::string pax =
      PaxRecord("LIBARCHIVE.xattr.com.apple.ResourceFork",
                std::string(3 << 20, 'A')) +
      PaxRecord("SCHILY.xattr.com.apple.quarantine", std::string(9, '\0')) +
      PaxRecord("path", "long/x.jpg") + PaxRecord("SCHILY.dev", "1\n2=3") +
      PaxRecord("SCHILY.xattr.com.apple.FinderInfo", std::string(70000, '='));
  EXPECT_EQ(Only(TarBlocks({"PaxHeader/x.jpg", pax, 'x'}) + File("x", "bytes") +
                 TarEnd()),
            "long/x.jpg=bytes");
  std::string many;
  for (int i = 0; i < 20000; ++i) many += PaxRecord("k", absl::StrCat(i));
  EXPECT_EQ(Only(TarBlocks({"p", many + PaxRecord("path", "y"), 'X'}) +
                 File("x", "bytes") + TarEnd()),
            "y=bytes");
  EXPECT_EQ(Only(TarBlocks({"p", PaxRecord("path", "y") + std::string(90, '\0'),
                            'x'}) +
                 File("x", "bytes") + TarEnd()),
            "y=bytes");
  EXPECT_THAT(
      Damage(TarBlocks({"p", PaxRecord("path", std::string(70000, 'p')), 'x'}) +
             File("x", "") + TarEnd()),
      StartsWith("a pax header that cannot be read (at byte "));
}

TEST(ListTar, AnArchiveWithoutFilesIsEmpty) {
  for (const size_t size : {0, 100, 512, 1024, 10240, 200000}) {
    const std::string zeros(size, '\0');
    EXPECT_THAT(Members(zeros), IsEmpty()) << size;
    EXPECT_EQ(Damage(zeros), "");
    EXPECT_EQ(NotReadOf(zeros), "1 empty shard ()");
  }
}

TEST(ListTar, ReadsArchivesThatWereJoined) {
  const std::string zeros(100 * 512, '\0');
  const std::string one = File("a", "1") + TarEnd();
  const std::string bytes = one + zeros + zeros + File("b", "2") +
                            File("c", "3") + std::string(512, '\0') + one;
  EXPECT_THAT(Members(bytes), ElementsAre("a=1", "b=2", "c=3", "a=1"));
  EXPECT_EQ(NotReadOf(bytes), "");
  const auto listing = List(bytes);
  EXPECT_EQ(listing->members[0].part, 0);
  EXPECT_EQ(listing->members[2].part, 1);
  EXPECT_EQ(listing->members[3].part, 2);
  // Padding in front is none.
  EXPECT_THAT(Members(TarEnd() + one), ElementsAre("a=1"));
  // The second one may be cut off; without an end mark it is.
  EXPECT_THAT(Damage(one + File("b", "2")),
              StartsWith("the archive is cut off (at byte 3072)"));
}

TEST(ListTar, CountsWhatFollowsTheEnd) {
  const std::string one = File("a", "1") + TarEnd();
  for (const size_t size : {1, 511, 512, 5000}) {
    const std::string bytes = one + std::string(size, 'g');
    EXPECT_THAT(Members(bytes), ElementsAre("a=1"));
    EXPECT_EQ(Damage(bytes), "");
    EXPECT_EQ(NotReadOf(bytes),
              absl::StrCat("1 unreadable end of a shard (", size,
                           " bytes from byte 2048 on)"));
  }
  EXPECT_EQ(NotReadOf(one + std::string(100, '\0')), "");
}

TEST(ListTar, ALinkHasTheBytesOfItsTarget) {
  EXPECT_THAT(
      Members(
          File("x/a.jpg", "1") + TarHardLink("x/z.jpg", "x/a.jpg") +
          TarHardLink("x/y.jpg", "./x/z.jpg") +  // a link to a link
          TarSymbolicLink("s.jpg", "x/a.jpg") +
          TarSymbolicLink("x/t.jpg", "a.jpg") +
          TarSymbolicLink("x/d/u.jpg", "../../x/./b.jpg") +  // not yet there
          File("x/b.jpg", "2") + TarEnd()),
      ElementsAre("x/a.jpg=1", "x/z.jpg=1", "x/y.jpg=1", "s.jpg=1", "x/t.jpg=1",
                  "x/d/u.jpg=2", "x/b.jpg=2"));
  // Of several files with a name, it is the one before the link.
  EXPECT_THAT(Members(File("a", "1") + File("a", "2") + TarHardLink("b", "a") +
                      File("a", "3") + TarEnd()),
              ElementsAre("a=1", "a=2", "b=2", "a=3"));
  // tar was given the file twice.
  EXPECT_THAT(Members(File("a", "1") + TarHardLink("a", "a") + TarEnd()),
              ElementsAre("a=1"));
  // Long names of targets, in both dialects.
  const std::string name(150, 'n');
  EXPECT_THAT(
      Members(TarBlocks({"L", name, 'L'}) + File("x", "1") +
              TarBlocks({"K", name + '\0', 'K'}) + TarHardLink("g", "x") +
              TarBlocks({"p", PaxRecord("linkpath", name), 'x'}) +
              TarHardLink("p", "x") + TarEnd()),
      ElementsAre(name + "=1", "g=1", "p=1"));
}

TEST(ListTar, AHardLinkMayHaveBytesOrTheirSizeOnly) {
  TarEntry entry = {"b", "bytes", '1'};
  entry.target = "a";
  const std::string with_bytes = TarBlocks(entry);
  EXPECT_THAT(Members(File("a", "first") + with_bytes + TarEnd()),
              ElementsAre("a=first", "b=bytes"));
  const std::string size_only = with_bytes.substr(0, 512);
  EXPECT_THAT(
      Members(File("a", "first") + size_only + File("c", "") + TarEnd()),
      ElementsAre("a=first", "b=first", "c="));
  EXPECT_THAT(Members(File("a", "first") + size_only + TarEnd()),
              ElementsAre("a=first", "b=first"));
}

TEST(ListTar, CountsLinksThatLeadNowhere) {
  std::string bytes = TarHardLink("a.jpg", "b.jpg") +
                      TarHardLink("b.jpg", "a.jpg") +
                      TarSymbolicLink("c.jpg", "c.jpg") +
                      TarSymbolicLink("d.jpg", "/elsewhere/d.jpg");
  EXPECT_THAT(Members(bytes + TarEnd()), IsEmpty());
  EXPECT_EQ(NotReadOf(bytes + TarEnd()), "4 links to nothing");
  // What is in a folder is listed by itself.
  EXPECT_EQ(NotReadOf(TarBlocks({"f/", "", '5'}) + TarSymbolicLink("g", "f") +
                      TarEnd()),
            "");
  bytes = File("0", "end");
  for (int i = 1; i < 1000; ++i) {
    bytes += TarSymbolicLink(absl::StrCat(i), absl::StrCat(i - 1));
  }
  EXPECT_EQ(Members(bytes + TarEnd()).size(), 41);  // links in a row
}

TEST(ListTar, PassesOverSparseMembers) {
  TarEntry entry = {"s", std::string(512, 's'), 'S', "", true};
  std::string sparse = TarBlocks(entry);
  EXPECT_TRUE(List(sparse + TarEnd())->members[0].sparse);
  // The map goes on in two more blocks.
  int sum = std::stoi(sparse.substr(148, 6), nullptr, 8) + 1;
  sparse[482] = '\1';
  for (int i = 153; i >= 148; --i, sum /= 8) sparse[i] = '0' + sum % 8;
  std::string map(1024, '\0');
  map[504] = '\1';
  const std::string bytes =
      sparse.substr(0, 512) + map + sparse.substr(512) + File("b", "2");
  EXPECT_THAT(Members(bytes + TarEnd()),
              ElementsAre("s=" + entry.bytes, "b=2"));
  const auto pax =
      List(TarBlocks({"p",
                      PaxRecord("GNU.sparse.major", "1") +
                          PaxRecord("GNU.sparse.name", "x.jpg"),
                      'x'}) +
           File("GNUSparseFile.0/x.jpg", "map") + File("b", "2") + TarEnd());
  ASSERT_TRUE(pax.ok()) << pax.status();
  EXPECT_EQ(pax->members[0].name, "x.jpg");
  EXPECT_TRUE(pax->members[0].sparse);
  EXPECT_FALSE(pax->members[1].sparse);
}

TEST(ListTar, RefusesWhatIsNoArchive) {
  const std::string rest(2000, 'x');
  EXPECT_THAT(Refusal(rest),
              StartsWith("a.tar: no tar archive; check the file"));
  const std::pair<std::string, std::string> cases[] = {
      {"\x1f\x8b", "unpack it with gunzip"},
      {"\xfd"
       "7zXZ",
       "unpack it with unxz"},
      {"\x28\xb5\x2f\xfd", "unpack it with unzstd"},
      {"BZh9", "unpack it with bunzip2"},
      {"PK\3\4", "unpack it with unzip"}};
  for (const auto& [signature, remedy] : cases) {
    EXPECT_THAT(Refusal(signature + rest), HasSubstr(remedy));
    EXPECT_THAT(Refusal(signature + "short"), HasSubstr(remedy));
  }
  EXPECT_EQ(Only(File("BZh.jpg", "1") + TarEnd()), "BZh.jpg=1");
}

TEST(ListTar, EndsAtDamage) {
  const std::string good = TarBlocks({"a.jpg", std::string(600, 'a')}) +
                           TarBlocks({"b.jpg", "b"}) + TarEnd();
  const auto members = [&](const std::string& bytes) {
    return Members(bytes).size();
  };
  EXPECT_EQ(members(good), 2);
  EXPECT_EQ(Damage("no tar"),
            "the archive is cut off (at byte 0); get the file again");
  // Cut inside a member, between members, and inside the end mark.
  std::string cut = good.substr(0, 1000);
  EXPECT_EQ(members(cut), 0);
  EXPECT_THAT(Damage(cut),
              StartsWith("a member of 600 bytes reaches beyond the archive's "
                         "1000 (at byte 0)"));
  EXPECT_EQ(NotReadOf(cut), "1 cut-off shard ()");
  cut = good.substr(0, 1536);
  EXPECT_EQ(members(cut), 1);
  EXPECT_THAT(Damage(cut), StartsWith("the archive is cut off (at byte 1536)"));
  cut = good.substr(0, 2560 + 100);
  EXPECT_EQ(members(cut), 2);
  EXPECT_THAT(Damage(cut), StartsWith("the archive is cut off (at byte 2560)"));
  std::string bytes = good;
  bytes[1536] = 'c';
  EXPECT_EQ(members(bytes), 1);
  EXPECT_THAT(Damage(bytes),
              StartsWith("a header's checksum differs (at byte 1536)"));
  EXPECT_EQ(NotReadOf(bytes), "1 damaged shard ()");
  EXPECT_THAT(Damage(TarBlocks({"p", "9999 path=x\n", 'x'}) + TarEnd()),
              StartsWith("a pax header that cannot be read"));
  EXPECT_THAT(Damage(TarBlocks({"l", std::string(70000, 'l'), 'L'}) + TarEnd()),
              StartsWith("a name of 70000 bytes"));
  // A size of nearly 2^63.
  bytes = good;
  bytes.replace(
      124, 12, "\x80" + std::string(3, '\0') + "\x7f" + std::string(7, '\xff'));
  int sum = 0;
  bytes.replace(148, 8, 8, ' ');
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[i]);
  for (int i = 153; i >= 148; --i, sum /= 8) bytes[i] = '0' + sum % 8;
  EXPECT_THAT(Damage(bytes),
              StartsWith("a member of 9223372036854775807 bytes reaches"));
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
