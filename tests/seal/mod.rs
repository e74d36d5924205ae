//! The checksum of an image by its definition, for whoever wants to do harm.

/// CRC-32, bit by bit.
fn crc32(bytes: impl IntoIterator<Item = u8>) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// Makes the checksum right: it lies in bytes 16 to 19 and covers all others.
pub(crate) fn seal(image: &mut [u8]) {
    let crc = crc32(image[..16].iter().chain(&image[20..]).copied());
    image[16..20].copy_from_slice(&crc.to_le_bytes());
}
