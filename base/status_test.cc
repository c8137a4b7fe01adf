#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/field_path.h"

namespace caldera::base {
namespace {

absl::StatusOr<std::string> Text(bool good) {
  if (!good) return absl::NotFoundError("no text");
  return std::string("text");
}

absl::Status Twice(bool first, bool second) {
  RETURN_IF_ERROR(Text(first));
  RETURN_IF_ERROR(Within("second", Text(second)));
  return absl::OkStatus();
}

TEST(Status, ReturnsTheFirstErrorWithItsContext) {
  EXPECT_TRUE(Twice(true, true).ok());
  EXPECT_EQ(Twice(false, false), absl::NotFoundError("no text"));
  EXPECT_EQ(Twice(true, false), absl::NotFoundError("second.no text"));
}

TEST(Within, JoinsAFieldOrTheMessageItself) {
  const auto joined = [](const char* text) {
    return std::string(
        Within("mimic", absl::InvalidArgumentError(text)).message());
  };
  EXPECT_EQ(joined("beta: 0 is not above 0"), "mimic.beta: 0 is not above 0");
  EXPECT_EQ(joined(": needs a teacher"), "mimic: needs a teacher");
}

absl::StatusOr<size_t> Length(bool first, bool second) {
  ASSIGN_OR_RETURN(const std::string one, Text(first));
  std::string two;
  ASSIGN_OR_RETURN(two, Text(second));
  return one.size() + two.size();
}

TEST(Status, DeclaresAndAssignsValues) {
  EXPECT_EQ(*Length(true, true), 8);
  EXPECT_EQ(Length(true, false).status(), absl::NotFoundError("no text"));
  EXPECT_EQ(Length(false, true).status(), absl::NotFoundError("no text"));
}

absl::StatusOr<std::unique_ptr<int>> Owned() {
  return std::make_unique<int>(3);
}

absl::StatusOr<int> Unwrapped() {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> owned, Owned());
  return *owned;
}

TEST(Status, MovesValuesThatCannotBeCopied) { EXPECT_EQ(*Unwrapped(), 3); }

absl::Status UnderAnIf(bool check) {
  if (check)
    RETURN_IF_ERROR(absl::InternalError("checked"));
  else
    return absl::CancelledError();
  return absl::OkStatus();
}

TEST(Status, IsOneStatementUnderAnIf) {
  EXPECT_EQ(UnderAnIf(true), absl::InternalError("checked"));
  EXPECT_EQ(UnderAnIf(false), absl::CancelledError());
}

}  // namespace
}  // namespace caldera::base
