//! What the image targets share.

/// `bytes` under `magic`, version 1, with length and checksum made right, so that what lies behind is reached.
pub fn sealed(bytes: &[u8], magic: &[u8; 8]) -> Option<Vec<u8>> {
    let mut image = bytes.to_vec();
    let len = u32::try_from(image.len()).ok()?;
    image.get_mut(..8)?.copy_from_slice(magic);
    image.get_mut(8..12)?.copy_from_slice(&1u32.to_le_bytes());
    image.get_mut(12..16)?.copy_from_slice(&len.to_le_bytes());
    let mut crc = !0u32;
    for &byte in image[..16].iter().chain(image.get(20..)?) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    image[16..20].copy_from_slice(&(!crc).to_le_bytes());
    Some(image)
}
