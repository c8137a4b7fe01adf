// Fine-tunes a pretrained encoder on labels, or trains one from scratch.
#include "ssl/train_command.h"

int main(int argc, char** argv) {
  return caldera::ssl::RunTrainCommand(
      {"finetune", "trains a classifier and measures its test accuracy",
       "fashion_mnist/finetune", /*needs_classification=*/true},
      argc, argv);
}
