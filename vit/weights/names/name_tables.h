// Gives the tensors of published models the names of timm.
//
//   StateDict tensors = ...;            // of Hugging Face's ViTModel
//   std::vector<std::string> renamed = vit::RenameToTimm(&tensors);
//   tensors.at("blocks.0.attn.qkv.weight");  // query, key and value joined
//
// There is one table for Hugging Face (ViT, ViTMAE with its decoder, DINOv2)
// and one for open_clip's visual tower; the other sources have timm's names,
// but for DINOv2's blocks, which its official code nests in chunks. A name that
// no table has stays.
#ifndef CALDERA_VIT_WEIGHTS_NAMES_NAME_TABLES_H_
#define CALDERA_VIT_WEIGHTS_NAMES_NAME_TABLES_H_

#include <string>
#include <vector>

#include "vit/state_dict.h"

namespace caldera::vit {

// Renames the tensors of a state dict without a prefix before its ViT
// (choose_vit.h), joins the projections of queries, keys and values, and gives
// open_clip's tokens and positions timm's shapes. Returns the new names. A bias
// that only some of the joined projections have is zero in the others.
std::vector<std::string> RenameToTimm(StateDict* tensors);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_NAMES_NAME_TABLES_H_
