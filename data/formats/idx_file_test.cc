#include "data/formats/idx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"

namespace caldera::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void ExpectRefused(const std::string& bytes, const std::string& why) {
  const auto tensor = ParseIdx(bytes, "dir/file.gz");
  ASSERT_FALSE(tensor.ok()) << why;
  EXPECT_THAT(std::string(tensor.status().message()),
              AllOf(StartsWith("dir/file.gz: "), HasSubstr(why)));
}

TEST(ReadIdxFile, ReadsPlainAndGzipped) {
  const std::string folder = base::NewFolder("plain_and_gzipped");
  const std::string bytes = IdxBytes({2, 3}, "abcdef");
  base::WriteFile(folder + "/plain", bytes);
  base::WriteFile(folder + "/packed", Gzip(bytes));
  for (const char* name : {"/plain", "/packed"}) {
    const auto tensor = ReadIdxFile(folder + name);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->sizes(), (at::IntArrayRef{2, 3}));
    EXPECT_EQ(tensor->scalar_type(), at::kByte);
    const uint8_t* data = tensor->const_data_ptr<uint8_t>();
    EXPECT_EQ(std::string(data, data + 6), "abcdef");
  }
}

TEST(ReadIdxFile, RefusesWhatIsNoReadableFile) {
  const std::string folder = base::NewFolder("no_file");
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  const auto missing = ReadIdxFile(folder + "/missing");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()),
              StartsWith(folder + "/missing: cannot open it"));
  for (const std::string& path :
       {folder, folder + "/pipe", std::string("/dev/zero")}) {
    const auto tensor = ReadIdxFile(path);
    EXPECT_THAT(std::string(tensor.status().message()),
                StartsWith(path + ": not a regular file"));
  }
  base::WriteFile(folder + "/empty", "");
  EXPECT_THAT(std::string(ReadIdxFile(folder + "/empty").status().message()),
              HasSubstr("no IDX file"));
}

TEST(ParseIdx, AcceptsDimensionsOfZero) {
  const auto tensor = ParseIdx(IdxBytes({0, 28, 28}, ""), "x");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->sizes(), (at::IntArrayRef{0, 28, 28}));
}

TEST(ParseIdx, RefusesBadHeaders) {
  ExpectRefused("", "begins with '' (hex)");
  ExpectRefused("PNG!", "begins with '504e4721' (hex), expected 000008");
  ExpectRefused(std::string("\0\0\x0d\1\0\0\0\1abcd", 12),
                "IDX type 0x0d, expected 0x08");
  ExpectRefused(IdxBytes({}, ""), "announces 0 dimensions, expected 1 to 8");
  ExpectRefused(IdxBytes(std::vector<uint32_t>(9, 1), "a"),
                "announces 9 dimensions");
  ExpectRefused(IdxBytes({1, 2, 3}, "").substr(0, 10),
                "ends inside its header, after 10 bytes, expected at least 16");
}

TEST(ParseIdx, RefusesSizesThatAreNotTheHeaders) {
  ExpectRefused(IdxBytes({2, 3}, "abcde"), "announces [2, 3], 6 bytes, found");
  ExpectRefused(IdxBytes({2, 3}, "abcdefg"), "6 bytes, found more");
  ExpectRefused(Gzip(IdxBytes({2, 3}, "abcde")), "6 bytes, found 5");
  ExpectRefused(Gzip(IdxBytes({2, 3}, "abcdefg")), "6 bytes, found more");
}

TEST(ParseIdx, RefusesAbsurdSizesWithoutAllocatingThem) {
  // 2^96 bytes, also beside a zero; 4 GiB from a file of some bytes.
  for (const auto& dims : std::vector<std::vector<uint32_t>>{
           {~0u, ~0u, ~0u}, {0, ~0u, ~0u}, {~0u, 3}}) {
    ExpectRefused(IdxBytes(dims, "a"), "more than the limit");
    ExpectRefused(Gzip(IdxBytes(dims, "a")), "more than the limit");
  }
  ExpectRefused(IdxBytes({~0u}, "a"), "4294967295 bytes, found at most 1");
  ExpectRefused(Gzip(IdxBytes({~0u}, "a")), "bytes, found at most");
}

TEST(ParseIdx, StopsADecompressionBomb) {
  // 64 MiB of zeros behind a header that announces one byte.
  ExpectRefused(Gzip(IdxBytes({1}, std::string(64 << 20, '\0'))),
                "1 bytes, found more");
}

TEST(ParseIdx, AcceptsWhatDeflatePacksBest) {
  const auto tensor =
      ParseIdx(Gzip(IdxBytes({16 << 20}, std::string(16 << 20, '\0'))), "x");
  EXPECT_TRUE(tensor.ok()) << tensor.status();
}

TEST(ParseIdx, RefusesDamagedGzip) {
  const std::string packed = Gzip(IdxBytes({4, 5}, "abcdefghijklmnopqrst"));
  for (size_t size = 2; size < packed.size(); ++size) {
    ExpectRefused(packed.substr(0, size), "the gzip stream is cut off");
  }
  std::string crc = packed;
  crc[crc.size() - 8] ^= 1;
  ExpectRefused(crc, "incorrect data check");
  std::string length = packed;
  length[length.size() - 1] ^= 1;
  ExpectRefused(length, "incorrect length check");
  ExpectRefused(packed + "x", "1 bytes follow the gzip stream");
  std::string method = packed;
  method[2] = 7;
  ExpectRefused(method, "the gzip stream is damaged");
}

}  // namespace
}  // namespace caldera::data
