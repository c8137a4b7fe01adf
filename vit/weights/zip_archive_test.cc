#include "vit/weights/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace caldera::vit {
namespace {

using testing::ElementsAre;
using testing::Key;

std::string File(const std::string& name) {
  std::ifstream file("vit/weights/testdata/" + name, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Written by Python's zipfile: one entry "a/x" that holds "12345".
std::string Tiny() {
  const std::string local(
      "PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x1c\x3a\xf5\xcb\x05\0\0\0\x05\0\0\0"
      "\x03\0\0\0a/x12345",
      38);
  const std::string central(
      "PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\x1c\x3a\xf5\xcb\x05\0\0\0"
      "\x05\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\x80\x01\0\0\0\0a/x",
      49);
  const std::string end(
      "PK\x05\x06\0\0\0\0\x01\0\x01\0\x31\0\0\0\x26\0\0\0\0\0", 22);
  return local + central + end;
}

void ExpectRefused(const std::string& bytes, const std::string& reason) {
  EXPECT_EQ(
      ZipArchive::Parse(bytes, "x.zip").status(),
      absl::InvalidArgumentError("x.zip is not a valid zip archive: " + reason))
      << reason;
}

std::string With(std::string bytes, size_t at, const std::string& change) {
  return bytes.replace(at, change.size(), change);
}

TEST(ZipArchive, ReadsStoredEntries) {
  const std::string bytes = Tiny();
  const absl::StatusOr<ZipArchive> zip = ZipArchive::Parse(bytes, "x.zip");
  ASSERT_EQ(zip.status(), absl::OkStatus());
  EXPECT_THAT(zip->entries(), ElementsAre(Key("a/x")));
  const absl::StatusOr<absl::string_view> data = zip->Read("a/x");
  ASSERT_EQ(data.status(), absl::OkStatus());
  EXPECT_EQ(*data, "12345");
  EXPECT_EQ(data->data(), bytes.data() + 33);  // a view, no copy
}

TEST(ZipArchive, ReadsPyTorchsZip64Directory) {
  const std::string bytes = File("small.pth");
  const absl::StatusOr<ZipArchive> zip = ZipArchive::Parse(bytes, "small.pth");
  ASSERT_EQ(zip.status(), absl::OkStatus());
  EXPECT_EQ(zip->entries().count("small/data/0"), 1);
  for (const auto& [name, entry] : zip->entries()) {
    EXPECT_EQ(zip->Read(name).status(), absl::OkStatus()) << name;
  }
  EXPECT_EQ(*zip->Read("small/data/0"),
            absl::string_view("\0\0\x80\x3f\0\0\0\x40", 8));
}

TEST(ZipArchive, IgnoresACommentEvenIfItHoldsAnEndRecord) {
  const std::string comment("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0",
                            22);
  std::string bytes = Tiny() + comment;
  bytes[bytes.size() - 24] = 22;  // the comment's length
  const absl::StatusOr<ZipArchive> zip = ZipArchive::Parse(bytes, "x.zip");
  ASSERT_EQ(zip.status(), absl::OkStatus());
  EXPECT_EQ(zip->entries().size(), 1);
}

TEST(ZipArchive, RefusesEveryTruncation) {
  for (const std::string& whole : {Tiny(), File("small.pth")}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      ExpectRefused(cut, "it has no directory at its end; it was cut off");
    }
  }
}

TEST(ZipArchive, SurvivesEveryChangedByte) {
  const std::string whole = File("small.pth");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(~changed[i]);
    const absl::StatusOr<ZipArchive> zip = ZipArchive::Parse(changed, "x");
    if (!zip.ok()) continue;
    for (const auto& [name, entry] : zip->entries()) {
      const auto data = zip->Read(name);
      if (!data.ok()) continue;
      EXPECT_GE(data->data(), changed.data());
      EXPECT_LE(data->data() + data->size(), changed.data() + changed.size());
    }
  }
}

TEST(ZipArchive, RefusesWrongDirectories) {
  const size_t central = 38, end = 38 + 49;
  ExpectRefused(With(Tiny(), end + 16, "\xff\xff"),
                "its directory lies outside the file");
  ExpectRefused(With(Tiny(), end + 12, "\xff\xff"),
                "its directory lies outside the file");
  ExpectRefused(With(Tiny(), end + 4, "\x01"), "it is one of several volumes");
  ExpectRefused(With(Tiny(), end + 8, "\x02"), "it is one of several volumes");
  ExpectRefused(With(Tiny(), end + 8, std::string("\x02\0\x02", 3)),
                "entry 1 of its directory of 2 is damaged");
  ExpectRefused(With(Tiny(), central, "X"),
                "entry 0 of its directory of 1 is damaged");
  ExpectRefused(With(Tiny(), central + 28, "\xff"),
                "entry 0 of its directory of 1 is damaged");
  // The fields of the local header are its offset, signature and name, and the
  // size of the data.
  for (const size_t at : {central + 42, size_t{0}, size_t{30}, central + 21}) {
    ExpectRefused(With(Tiny(), at, "\x7f"),
                  "entry \"a/x\" is not where the directory says");
  }
  ExpectRefused(With(Tiny(), central + 24, "\x7f"),
                "entry \"a/x\" has two sizes");
}

TEST(ZipArchive, RefusesNamesThatOccurTwice) {
  const std::string tiny = Tiny();
  std::string bytes =
      tiny.substr(0, 38 + 49) + tiny.substr(38, 49) + tiny.substr(38 + 49);
  const size_t end = 38 + 49 + 49;
  bytes[end + 8] = bytes[end + 10] = 2;
  bytes[end + 12] = 2 * 49;
  ExpectRefused(bytes, "entry \"a/x\" occurs twice");
}

TEST(ZipArchive, RefusesWrongChecksumsMissingAndCompressedEntries) {
  std::string bytes = With(Tiny(), 33, "2");
  absl::StatusOr<ZipArchive> zip = ZipArchive::Parse(bytes, "x.zip");
  ASSERT_EQ(zip.status(), absl::OkStatus());
  EXPECT_EQ(zip->Read("a/x").status(),
            absl::InvalidArgumentError(
                "x.zip is not a valid zip archive: entry \"a/x\" does not have "
                "its checksum; the file was damaged, get it again"));
  EXPECT_EQ(zip->Read("b").status(),
            absl::InvalidArgumentError(
                "x.zip is not a valid zip archive: it has no entry \"b\""));
  bytes = File("deflated.pth");
  zip = ZipArchive::Parse(bytes, "x.zip");
  ASSERT_EQ(zip.status(), absl::OkStatus());
  EXPECT_EQ(zip->Read("small/data.pkl").status(),
            absl::InvalidArgumentError(
                "x.zip: entry \"small/data.pkl\" is compressed or encrypted, "
                "as no PyTorch file is; unpack it and pack it again with "
                "zip -0"));
}

}  // namespace
}  // namespace caldera::vit
