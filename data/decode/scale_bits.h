// Scales samples of up to 16 significant bits to bytes.
//
//   ScaleToByte(4095, 12);   // 255: the largest of 12 bits
//   ScaleToByte(0x1234, 16); // 0x12: the high byte
//
// Caveat: the samples are numbers below 2^bits. Data of 12 bits that are stored
// in the high bits of 16 are samples of 16 bits.
#ifndef CALDERA_DATA_DECODE_SCALE_BITS_H_
#define CALDERA_DATA_DECODE_SCALE_BITS_H_

#include <algorithm>
#include <cstdint>

namespace caldera::data {

// Returns the eight highest of `bits` (1 to 16) bits, or fewer bits stretched
// over the whole range; a sample above 2^bits - 1 gives 255.
inline uint8_t ScaleToByte(uint32_t sample, int bits) {
  const uint32_t largest = (uint32_t{1} << bits) - 1;
  sample = std::min(sample, largest);
  return static_cast<uint8_t>(bits >= 8 ? sample >> (bits - 8)
                                        : sample * 255 / largest);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_SCALE_BITS_H_
