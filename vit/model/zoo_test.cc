#include "vit/zoo.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <string>

#include "vit/decoders/decoder_plan.h"
#include "vit/model/classifier.h"

namespace caldera::vit {
namespace {

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& p : module.parameters()) count += p.numel();
  for (const at::Tensor& b : module.buffers()) count += b.numel();
  return count;
}

EncoderSpec ModelSpec(const std::string& name, int patch_size) {
  EncoderSpec spec;
  spec.set_model(name);
  spec.set_patch_size(patch_size);
  return spec;
}

struct Published {
  const char* name;
  int patch_size;
  int64_t encoder;    // without a head
  int64_t with_head;  // of 1000 classes, as timm and torchvision count
};

// The numbers are those of timm's vit_*_patch*_224; the last three also those
// of torchvision's vit_b_16, vit_l_16 and vit_h_14 (IMAGENET1K_SWAG_LINEAR_V1).
// Position embeddings count. The number of heads changes no size.
constexpr Published kPublished[] = {
    {"vit_tiny", 16, 5'524'416, 5'717'416},
    {"vit_tiny_12h", 16, 5'524'416, 5'717'416},
    {"vit_small", 16, 21'665'664, 22'050'664},
    {"vit_base", 16, 85'798'656, 86'567'656},
    {"vit_large", 16, 303'301'632, 304'326'632},
    {"vit_huge", 14, 630'764'800, 632'045'800},
};

TEST(Zoo, ModelsHaveTheirPublishedSizes) {
  ASSERT_EQ(Zoo().size(), std::size(kPublished));
  for (const Published& model : kPublished) {
    const EncoderSpec spec = ModelSpec(model.name, model.patch_size);
    EXPECT_EQ(Count(Encoder(spec)), model.encoder) << model.name;
    ClassifierSpec classifier;
    classifier.set_pooling(ClassifierSpec::CLS);
    EXPECT_EQ(Count(Classifier(spec, classifier)), model.with_head)
        << model.name;
  }
}

// The numbers are those of the official code's mae_vit_*; 111.9 M are published
// for MAE-B.
TEST(Zoo, MaskedAutoencodersHaveTheirSizes) {
  struct Case {
    const char* name;
    int patch_size;
    int64_t total;
  };
  for (const Case& c :
       {Case{"vit_base", 16, 111'907'840}, Case{"vit_large", 16, 329'541'888},
        Case{"vit_huge", 14, 657'074'508}}) {
    const Encoder encoder(ModelSpec(c.name, c.patch_size));
    const auto decoder =
        PlanDecoder(DecoderSpec())
            .value()
            ->Build({encoder.spec().embed_dim(), encoder.grid(),
                     int64_t{3} * c.patch_size * c.patch_size, true});
    EXPECT_EQ(Count(encoder) + Count(*decoder), c.total) << c.name;
  }
}

TEST(ResolveModel, FillsWhatIsNotSet) {
  EncoderSpec spec = ModelSpec("vit_tiny", 4);
  spec.set_depth(3);
  const EncoderSpec resolved = ResolveModel(spec);
  EXPECT_EQ(resolved.embed_dim(), 192);
  EXPECT_EQ(resolved.depth(), 3);
  EXPECT_EQ(resolved.num_heads(), 3);
  EXPECT_EQ(resolved.patch_size(), 4);
  EXPECT_FALSE(resolved.has_model());
  EXPECT_EQ(ResolveModel(ModelSpec("vit_tiny_12h", 4)).num_heads(), 12);
  EXPECT_EQ(ResolveModel(resolved).SerializeAsString(),
            resolved.SerializeAsString());
  EXPECT_FALSE(ResolveModel(EncoderSpec()).has_depth());
  EXPECT_EQ(FindModel("vit"), nullptr);
}

TEST(Zoo, TheEncoderResolvesItsModel) {
  EncoderSpec spec = ModelSpec("vit_tiny", 16);
  spec.set_depth(1);
  const Encoder encoder(spec);
  EXPECT_EQ(encoder.spec().embed_dim(), 192);
  EXPECT_EQ(encoder.named_parameters()["cls_token"].size(2), 192);
}

}  // namespace
}  // namespace caldera::vit
