// Pretrains the experiment of a spec and measures the encoder.
#include "ssl/train_command.h"

int main(int argc, char** argv) {
  return caldera::ssl::RunTrainCommand(
      {"pretrain", "trains an encoder without labels and measures it",
       "fashion_mnist/m_mae"},
      argc, argv);
}
