// Operations on pixels register themselves, so that each is one file of
// data/augment/ops:
//
//   struct PosterizeOptions {
//     int64_t bits = 4;
//     void List(base::OptionList& list) {
//       list.Add("bits", &bits, "[0, 8]", "the highest bits, which stay");
//     }
//   };
//
//   const bool kPosterize = PixelOpPart::Register<PosterizeOptions>(
//       {"posterize", "Keeps the highest bits of each value."},
//       {[](const ByteImage& image, const PixelOp& op) { ... }},
//       [](const PosterizeOptions& options, base::RandomStream&) {
//         return PixelOp{static_cast<double>(options.bits)};
//       });
//
// An AugmentSpec names it in one of these ways:
//
//   custom { name: "posterize" option: "bits=4" option: "probability=0.3" }
//   solarize { probability: 0.2 }  # an extension with a message of options,
//                                  # which has a probability
//   equalize: 0.2                  # an extension that is the probability
//
// Those with a field are drawn and applied in the order that they register
// with, the others after them in the order of the list.
#ifndef CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_PART_H_
#define CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_PART_H_

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/option_list.h"
#include "base/part.h"
#include "base/part.pb.h"
#include "base/random_stream.h"
#include "base/status.h"
#include "data/augment/pixel_op/pixel_op.h"
#include "data/data.pb.h"

namespace caldera::data {

// Draws what a spec asks of one part for an image, and appends it.
using PixelOpDraw =
    std::function<void(base::RandomStream&, std::vector<PixelOp>*)>;

// The options of an operation with the chance that every operation has.
template <typename Options>
struct WithProbability : Options {
  double probability = 0.5;

  void List(base::OptionList& list) {
    list.Add("probability", &probability, "[0, 1]", "of changing an image");
    Options::List(list);
  }
};

class PixelOpPart {
  struct AcceptAll {
    template <typename Options>
    absl::Status operator()(const Options& /*options*/) const {
      return absl::OkStatus();
    }
  };

 public:
  // Registers an operation. draw(options, stream) returns the numbers for an
  // image. It is called whether or not the image is changed, which is drawn
  // before it, so that later draws do not depend on that. Options is a struct,
  // or a message with a field `probability`, of which an extension of
  // AugmentSpec has the part's name. check(options) returns InvalidArgument for
  // what the ranges of single options do not say.
  template <typename Options, typename Draw, typename Check = AcceptAll>
  static bool Register(base::PartInfo info, PixelOpKind kind, Draw draw,
                       Check check = {}) {
    constexpr bool is_message =
        std::is_base_of_v<google::protobuf::Message, Options>;
    using Drawn =
        std::conditional_t<is_message, Options, WithProbability<Options>>;
    const PixelOpKind* registered = AddKind(info.name, kind);
    return RegisterGroup<Drawn>(
        std::move(info), kind.order,
        [draw, registered](const Drawn& options, base::RandomStream& stream,
                           std::vector<PixelOp>* ops) {
          double probability;
          if constexpr (is_message) {
            probability = options.probability();
          } else {
            probability = options.probability;
          }
          const bool chosen = stream.Uniform() < probability;
          PixelOp op = draw(options, stream);
          op.kind = registered;
          if (chosen) ops->push_back(op);
        },
        check);
  }
  // Registers an operation without numbers.
  static bool Register(base::PartInfo info, PixelOpKind kind) {
    return Register<base::NoOptions>(
        std::move(info), kind,
        [](const base::NoOptions&, base::RandomStream&) { return PixelOp(); });
  }

  // Registers a part that appends any number of operations:
  // draw(options, stream, ops). order: as in PixelOpKind.
  template <typename Options, typename Draw, typename Check = AcceptAll>
  static bool RegisterGroup(base::PartInfo info, int order, Draw draw,
                            Check check = {}) {
    return Add(
        base::DescribePart<Options>(std::move(info), AugmentSpec::descriptor()),
        order,
        [draw, check](const google::protobuf::Message& given)
            -> absl::StatusOr<PixelOpDraw> {
          ASSIGN_OR_RETURN(const Options options, ReadOptions<Options>(given));
          RETURN_IF_ERROR(check(options));
          return [draw, options](base::RandomStream& stream,
                                 std::vector<PixelOp>* ops) {
            draw(options, stream, ops);
          };
        });
  }
  // Returns how the parts that `spec` names are drawn, in their order. Errors:
  // InvalidArgument, whose text begins with the field's path in `spec`. Ranges
  // in messages are those of base::CheckRanges(spec), which is not called.
  static absl::StatusOr<std::vector<PixelOpDraw>> Read(const AugmentSpec& spec);

  // Returns the field of the first operation that `spec` asks for, or "".
  static std::string FirstFieldOf(const AugmentSpec& spec);

  // Returns an operation with its numbers. It searches for the name: keep the
  // result where images are drawn. CHECK: `name` is registered.
  static PixelOp Make(absl::string_view name, double amount = 0,
                      double more = 0);

  // Returns the operations of RandAugment, by place. CHECK: the places are 0,
  // 1, ... without a gap.
  static std::vector<const PixelOpKind*> RandAugmentMembers();

 private:
  // given: the message of the options, or a PartSpec.
  using Prepare = std::function<absl::StatusOr<PixelOpDraw>(
      const google::protobuf::Message& given)>;

  static const PixelOpKind* AddKind(const std::string& name, PixelOpKind kind);
  static bool Add(base::PartDoc doc, int order, Prepare prepare);

  template <typename Options>
  static absl::StatusOr<Options> ReadOptions(
      const google::protobuf::Message& given) {
    if constexpr (std::is_base_of_v<google::protobuf::Message, Options>) {
      return static_cast<const Options&>(given);
    } else {
      return base::ReadOptions<Options>(static_cast<const PartSpec&>(given));
    }
  }
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_PIXEL_OP_PIXEL_OP_PART_H_
